"""The services of docker-compose.yml, run by their own commands as local processes, play a small season together."""

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pytest
import requests
import yaml
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from tests.adapters.bureau.reading import ENROLMENT, lines_of
from tests.databases import as_superuser
from tests.journeys.local_engine import OTHERS, LocalEngine, local_engine, running
from tests.journeys.watching import PROMETHEUS, SELECTOR, Asked, Watch, panels, rules, tables
from worker.clock import set_season_date
from worker.database.boards import READER
from worker.metrics.declared import described
from worker.servers import Servers
from worker.supervisor import Supervisor


@pytest.fixture
def engine_at_rest(tmp_path: Path, database_url: str, broker_url: str) -> LocalEngine:
    """Nothing started yet; every secret is set as `make .env` would."""
    return local_engine(tmp_path, database_url, broker_url)


_BREAK = (
    "INSERT INTO break_found (area, side, period, day, item, kind, opened_on)"
    " VALUES ('610922', 'tax', 'day', '2020-09-02', 'a voucher of nobody', 'only_theirs', '2020-09-03')"
)


class Played(NamedTuple):
    """A season that was played through the services, which still run, and who watched it."""

    engine: LocalEngine
    done: subprocess.CompletedProcess[str]
    watch: Watch | None
    database_url: str


@pytest.fixture(scope="module", autouse=True)
def may_make_roles(servers: Servers) -> Iterator[None]:
    """The service's user may, as in the container; the embedded one may not otherwise."""
    as_superuser(servers, "ALTER ROLE levy CREATEROLE")
    yield
    as_superuser(servers, "ALTER ROLE levy NOCREATEROLE")


@pytest.fixture(scope="class")
def played(
    tmp_path_factory: pytest.TempPathFactory,
    new_database: Callable[[], AbstractContextManager[str]],
    broker_url: str,
) -> Iterator[Played]:
    """All lasting services of no profile, and a season."""
    with new_database() as url, ExitStack() as stack:
        local = local_engine(tmp_path_factory.mktemp("compose"), url, broker_url)
        stack.enter_context(running(local, {one.name for one in local.services.values() if one.plain} - OTHERS))
        watch = None
        if PROMETHEUS:
            asked = {"worker": "8431", "beat": "8432", "api": "8433", "console": "8434"}
            watch = Watch(local.directory / "watch", {name: int(local.ports[port]) for name, port in asked.items()})
            stack.enter_context(Supervisor([watch.child]))
        look_in(local)
        yield Played(local, local.run("season"), watch, url)


def look_in(local: LocalEngine) -> None:
    """Somebody opens the console's first page and the API's description."""
    for path in (f"{local.ports['8425']}/login", f"{local.ports['8424']}/v1/openapi.json"):
        assert requests.get(f"http://127.0.0.1:{path}", timeout=60).status_code == 200


class TestSeason:
    def test_the_services_play_a_small_season_and_the_books_agree(self, played: Played) -> None:
        engine, done = played.engine, played.done
        assert done.returncode == 0, done.stdout + done.stderr + engine.logs("worker")
        report = json.loads((engine.home("season") / "report.json").read_text("utf-8"))
        assert report["total"]["enrolled"] > 1500, "a hundredth of the county"
        assert report["total"]["paid"] > 0.9 * report["total"]["planned"]
        assert (report["ledger_problems"], report["audit_flaws"], report["counts"]["breaks_open"]) == ([], [], 0)
        assert report["counts"]["payments_fen"] == engine.book("tax")["paid"]
        paid_out = {fund["source"]: fund["paid_out"] for fund in report["funds"] if fund["paid_out"]}
        funds = {source: paid["fen"] for source, paid in engine.book("treasury")["funds"].items()}
        assert funds.pop("premium") > 0, "refunds"
        assert paid_out == funds
        assert all('"job.ended"' in log.read_text() for log in engine.directory.glob("worker-*.log")), "both had a part"

    def test_no_panel_over_metrics_is_empty(self, played: Played) -> None:
        watch = played.watch
        if watch is None:
            pytest.skip("no Prometheus: install Debian's package `prometheus`")
        look_in(played.engine)
        selectors = {found for rule in rules() for found in SELECTOR.findall(rule["expr"]) if "peer" not in found}
        asked = [*panels(), *(Asked("rules", found) for found in sorted(selectors))]
        assert watch.await_answers(asked) == []
        for rule in rules():
            watch.ask(rule["expr"])
        assert watch.ask("count(up == 0)") == []
        assert watch.ask("sum(levy_jobs)") != []
        listed = requests.get(f"{watch.url}/api/v1/label/__name__/values", timeout=30).json()["data"]
        ours = {re.sub("_(bucket|sum|count)$", "", name) for name in listed if name.startswith("levy_")}
        assert ours == set(described()), "what is declared is told, and nothing else"

    def test_no_table_over_the_audit_log_is_empty_for_the_role_that_reads_it(self, played: Played) -> None:
        ours = create_engine(played.database_url)
        with ours.begin() as connection:  # whether a small season has one is left to chance
            connection.execute(text(_BREAK))
        ours.dispose()
        password = played.engine.services["migrate"].environment["LEVY_BOARDS_PASSWORD"]
        reader = create_engine(make_url(played.database_url).set(username=READER, password=password))
        with reader.connect() as connection:
            empty = [one.where for one in tables() if not connection.execute(text(one.question)).all()]
        assert empty == []
        for refused in ("SELECT count(*) FROM person", "SELECT facts FROM audit_event", "CREATE TABLE t (a int)"):
            with reader.connect() as connection, pytest.raises(DBAPIError):
                connection.exec_driver_sql(refused)
        reader.dispose()


def test_with_a_tax_side_of_files_and_peers_dues_go_out_as_files_and_the_door_lets_nobody_in_unsigned(
    tmp_path: Path, database_url: str, broker_url: str
) -> None:
    local = local_engine(tmp_path, database_url, broker_url, LEVY_TAX_KIND="files", LEVY_WORKER_CONTAINERS="1")
    shown = local.run_as("door", ["levy", "peers", "key", "own"])
    ours = yaml.safe_load(shown.stdout)
    assert (ours["id"], ours["algorithm"]) == ("own", "ed25519")
    peer = {"name": "蛟河市", "url": "https://levy.example", "sign_with": "own", "keys": [ours | {"id": "theirs"}]}
    door = {"host": "127.0.0.1", "port": int(local.ports["8423"])}
    local.site.write_text(yaml.safe_dump({"peer_door": door, "peers": {"220281": peer}}), "utf-8")
    folder = tmp_path / "drop" / "files" / "2020-09-02"
    folder.mkdir(parents=True)
    (folder / "people.csv").write_text(lines_of(ENROLMENT), "utf-8")
    with running(local, {"migrate", "tax", "treasury", "worker", "door"}):
        asked = requests.post(f"http://127.0.0.1:{local.ports['8423']}/v1/offers", data=b"{}", timeout=60)
        assert asked.status_code == 401, f"{asked.text} {local.logs('door')}"
        assert asked.json()["code"] == "bad_digest"
        engine = create_engine(database_url)
        with engine.begin() as connection:
            set_season_date(connection, date(2020, 9, 2))
        for _ in range(2):  # taken in, then assessed
            done = local.run_as("worker", ["levy", "sync"])
            assert done.returncode == 0, done.stdout + done.stderr + local.logs("worker")
        with engine.connect() as connection:
            assert connection.execute(text("SELECT state, amount FROM due")).all() == [("accepted", 28000)]
        engine.dispose()
    assert len(list((tmp_path / "tax-files" / "drop" / "out").glob("dues-*"))) == 1


@pytest.mark.parametrize("name", ["worker", "beat", "tax", "treasury", "door", "api", "console"])
def test_a_health_check_says_no_where_nothing_runs(engine_at_rest: LocalEngine, name: str) -> None:
    with pytest.raises(AssertionError, match=f"{name} is not healthy"):
        engine_at_rest.await_health(name, seconds=0)
