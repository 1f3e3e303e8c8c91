# Levybridge. `make help` lists the targets; all that is needed is Python 3.11 or newer with pip, and make.

# The system's own python3 before others on the PATH: distributions build it with the profile of real programs, which one
# compiled on the spot is not, and a season takes a fifth less of it. It must be new enough and have pip; an environment that
# is active, such as our own, may have none.
PYTHON ?= $(or $(shell IFS=:; for place in /usr/bin $$PATH; do "$$place/python3" -c \
  'import pip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$place/python3" && break; done),python3)
BIN := .venv/bin
# Written when the environment is whole. Without it, whatever .venv holds is from an interrupted setup and is redone.
STAMP := .venv/.complete
LOCK := constraints.txt
PIP := $(PYTHON) -m pip --python $(BIN)/python --disable-pip-version-check --no-input --quiet
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup run test long lives points storm defences promises fuzz screenshots lint format mutate bench bench-policy up sync reset lock clean
.DELETE_ON_ERROR:

help: ## list the targets
	@awk -F ':.*## ' '/^[.a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Every process of a season or a test reads the same modules: they are compiled once here, two at a time, and not by
# each process for itself, as where PYTHONDONTWRITEBYTECODE is set.
setup: $(STAMP) ## install the pinned packages into .venv (quick when nothing changed)

$(STAMP): $(LOCK) pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; $(PYTHON) is `$(PYTHON) --version 2>&1`. Name another: make PYTHON=python3.11 ..." >&2; exit 1; }
	@$(PYTHON) -m pip --version >/dev/null 2>&1 || \
	  { echo "$(PYTHON) has no pip. Install it (Debian, Ubuntu: apt-get install python3-pip) and try again." >&2; exit 1; }
	@if [ -e $(STAMP) ] && $(BIN)/python -c '' 2>/dev/null; then rm $(STAMP); else $(PYTHON) -m venv --clear --without-pip $(@D); fi
	@echo "Installing the pinned packages into $(@D); the first time takes a minute or two."
	@$(PIP) install --no-compile --require-hashes --no-deps -r $(LOCK)
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -qq -j 2 $(@D)/lib worker adapters policies config || true
	@touch $(STAMP)

run: setup ## run a whole season of one county on this machine, and report it
	@$(BIN)/levy season $(ARGS)

# Three at a time, each with servers of its own: while one waits for a killed process to come back, the others have the
# cores. The tests of one module stay together, in the order of their names: so nobody waits at the end for one season.
test: setup ## run the tests, real servers included
	@$(BIN)/python -m pytest -n $(or $(N),3) --dist loadscope --no-loadscope-reorder -m "not long" $(ARGS)

lives: setup ## play random lives against database and simulators: make lives N=200
	@LEVY_LIVES=$(or $(N),100) $(BIN)/python -m pytest tests/journeys/test_lives.py --timeout 0 $(ARGS)

points: setup ## strike work at every statement, commit and call, one at a time: make points N=5 each fifth
	@LEVY_POINTS=$(or $(N),1) $(BIN)/python -m pytest tests/faults --timeout 0 $(ARGS)

long: setup ## the tests that take longest, in which whole seasons are struck; three times as many random cases
	@$(BIN)/python -m pytest -m long $(ARGS)
	@LEVY_ALL_EXAMPLES=1 $(BIN)/python -m pytest tests/policies tests/adapters tests/worker -m hypothesis $(ARGS)

storm: setup ## play seasons that are struck by everything: make storm N=20 SEED=7
	@LEVY_STORMS=$(or $(N),10) LEVY_STORM_SEED=$(or $(SEED),1) $(BIN)/python -m pytest tests/storm -rA --timeout 0 $(ARGS)

fuzz: setup ## feed every reader what is nearly right, many times: make fuzz N=50 SEED=7
	@LEVY_FUZZ=$(or $(N),20) LEVY_FUZZ_SEED=$(or $(SEED),610922) $(BIN)/python -m pytest tests/fuzzing --timeout 0 $(ARGS)

defences: setup ## take out each defence once; its tests must fail: make defences WORD=nonce
	@$(BIN)/python -m tests.defences $(WORD)

promises: setup ## measure recovery after kills, and how soon a discrepancy is listed: make promises N=50
	@$(BIN)/python -m tests.promises $(or $(N),50)

screenshots: setup ## pictures of the console's main pages, from a small season, into docs/screenshots
	@$(BIN)/python -m tests.worker.console.screenshots

lint: setup ## check style, types and the walls between the rooms
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet . || { echo "Some files are not formatted: make format" >&2; exit 1; }
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

format: setup ## bring the code into its format
	@$(BIN)/ruff check --fix --quiet .
	@$(BIN)/ruff format .

# An environment of its own: what mutmut brings along (setproctitle) would change how our processes are named.
mutate: ## change the policy engine in small ways; say which changes no test notices
	@$(MAKE) --no-print-directory setup BIN=.venv-mutation/bin STAMP=.venv-mutation/.complete LOCK=constraints-mutation.txt
	@LEVY_ALL_EXAMPLES=1 .venv-mutation/bin/mutmut run --max-children 1 $(ARGS)
	@.venv-mutation/bin/mutmut results

bench: setup ## persons per second, end to end and by stage
	@$(BIN)/levy bench $(ARGS)

bench-policy: setup ## people per second of the law, beside OpenFisca-core, and that both agree
	@$(BIN)/python -m worker.bench.policy $(ARGS)

up: setup ## run workers, beat and simulators until Ctrl-C
	@$(BIN)/levy up $(ARGS)

sync: setup ## one round of the scheduled work, now
	@$(BIN)/levy sync $(ARGS)

reset: setup ## delete the embedded database and all data, after asking
	@$(BIN)/levy reset $(ARGS)

COMPILE := $(BIN)/uv pip compile pyproject.toml --generate-hashes --universal --python-version 3.11 \
  --no-emit-index-url --no-emit-find-links --no-annotate --no-header --quiet

DEVELOPMENT := --extra embedded --extra simulators --extra build --extra bench --extra dev

lock: setup ## choose new versions within pyproject.toml and pin them with hashes
	@$(COMPILE) $(DEVELOPMENT) --upgrade -o constraints.txt
	@$(COMPILE) $(DEVELOPMENT) --extra mutation --constraint constraints.txt -o constraints-mutation.txt
	@$(COMPILE) --extra simulators --extra build --constraint constraints.txt -o constraints-service.txt
	@! grep -nE '^-|://' constraints.txt constraints-mutation.txt constraints-service.txt || { echo "The lock may name no index and no URL." >&2; exit 1; }

.env: ## write the secrets that docker-compose.yml asks for, fresh, readable by you alone
	@umask 077; $(PYTHON) -c 'import re, secrets; \
	  print(re.sub(r"(?m)^(\w+=)(1:|own:)?$$", lambda m: m[1] + (m[2] or "") + secrets.token_hex(32), open(".env.example").read()), end="")' > $@

clean: ## remove the environment and the caches; the data stays
	@rm -rf .venv .venv-mutation mutants build *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
