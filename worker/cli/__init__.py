"""The command line: ``levy COMMAND``. Each command lives in a module of its name and is loaded only when it runs."""

from __future__ import annotations

import os
import sys

import click

from config.logging import configure_logging
from worker.cli.lazy import LazyGroup
from worker.foreign_text import plain

COMMANDS = {
    "season": "Run a county's whole season with real servers and simulated neighbours, and report.",
    "up": "Run workers, beat and simulators together until stopped.",
    "console": "Serve the console for people (`levy up` does it too).",
    "sync": "Do one round of the scheduled work now.",
    "status": "Say what is waiting, held or broken, and how the workers are.",
    "report": "Show the season's report by town and funding source.",
    "intake": "Take in files of the bureau.",
    "quarantine": "List and export rows that could not be taken in.",
    "held": "List assistance that could not be paid out, with the reason.",
    "clawback": "Assistance to be repaid: list it, book what was repaid.",
    "refund": "Premiums asked back: apply, list, show, review, release.",
    "duplicates": "People enrolled twice: list, show, decide.",
    "breaks": "What differs between the statements of tax and treasury and our book: list, own, explain, close.",
    "reconcile": "Compare days with the statements of tax and treasury once more.",
    "funds": "What each fund owes; its statements of claim: draw, show, export as XLSX, settle.",
    "handoff": "Cases between two areas: premiums paid in the wrong one, and claims for assistance.",
    "peers": "Installations of other areas: the door they knock at, who they are, keys between us.",
    "service-keys": "Keys of other systems that call the API: add, list, revoke.",
    "why": "Everything that was decided and done for one person, in order.",
    "audit": "The audit log: verify it, export it, anchor its heads elsewhere, remove what was kept long enough.",
    "case": "The whole case file of one person, to read, print or keep.",
    "decide": "Ask the policy engine: one JSON question a line.",
    "explain": "The tree behind a decision: by which clause, from which facts, and what lost to it.",
    "policy": "Look at notices: show, verify against the official text, compare, try a change, write a new one.",
    "check": "Check ledger, dues and audit chain against each other.",
    "logs": "Log lines of all processes: by person, file, batch, job, kind, level; follow them.",
    "trace": "A file, or one person, from the first row to the last fen: jobs, batches, payments, pay-outs.",
    "jobs": "List jobs by state and reason; replay or discard those that came to a stop.",
    "bench": "Measure a season end to end and by stage, beside one task per person.",
    "backup": "Write a backup of the database, with a manifest; without the keys.",
    "restore": "Put a backup back, see what the neighbours hold since, release the hold.",
    "operators": "Accounts of the people who work here: list, add, roles, disable, enable, password.",
    "keys": "Keys of personal data, of the index and of the audit log: list, rotate, retire.",
    "migrate": "Bring the database up to the current revision.",
    "doctor": "Say what is wrong with this installation, and what to do.",
    "health": "Say whether a part of the service is well (for health checks).",
    "servers": "Start, stop or look at the embedded PostgreSQL and broker.",
    "reset": "Stop the embedded servers and delete their data, after asking.",
}


SECTIONS = {
    "To try it": "season report bench",
    "To run it": "up console sync migrate servers reset",
    "To watch it": "status doctor health logs trace jobs",
    "What came in": "intake quarantine",
    "People": "why case held refund duplicates clawback",
    "Money and books": "check breaks reconcile funds",
    "Law": "decide explain policy",
    "Other areas and systems": "handoff peers service-keys",
    "Evidence, keys, accounts": "audit backup restore keys operators",
}
"""Under which heading the help lists each command."""


@click.command(
    cls=LazyGroup,
    package=__name__,
    helps=COMMANDS,
    sections=SECTIONS,
    epilog="Settings: config/default.yaml, overridden by the file that LEVY_CONFIG names; the data lie in LEVY_HOME"
    " (.levy). A tour: docs/tour.md. When something is wrong: `levy doctor`, docs/operators-guide.md.",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
)
def levy() -> None:
    """Levybridge 征缴桥: from identity flag to last fen, between a medical-insurance bureau and the tax authority.

    \b
    levy season --share 0.02     play a fiftieth of a county, and see what came of it
    levy status                  what waits, is held or broken, and whether anybody works
    levy why PERSON              everything decided and done for one person, with clauses
    levy COMMAND --help          what a command does, in full
    """


def main() -> None:
    """Entry of the command ``levy``: failures that people can mend are one sentence, not a trace."""
    os.umask(0o077)  # what we write is its owner's alone
    configure_logging("levy", level="warning")  # what a command has done it says itself
    try:
        levy()
    except Exception as error:
        from worker.cli.failures import sentence_of  # noqa: PLC0415 - most commands do not fail

        if (sentence := sentence_of(error)) is None:
            raise
        click.echo("levy: " + "\n".join(map(plain, sentence.splitlines())), err=True)
        sys.exit(1)
