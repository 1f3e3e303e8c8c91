"""Reading a case file: put together in one moment, and told of in the audit log before anybody sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, text

from policies.vocabulary import CATEGORIES
from worker.audit.log import Event, Origin
from worker.casefile.sections import Section, read_sections
from worker.house import House
from worker.indexed import document_key, subjects
from worker.report.case import READ, CaseFile, case_of, read_case
from worker.report.telling import told

_PERSON = text("SELECT person_no, cert_type, cert_cipher FROM person WHERE id = :person")
_YEARS = text("SELECT DISTINCT insured_year FROM enrolment WHERE person_id = :person")
_HEAD = text("SELECT events, head FROM audit_chain WHERE chain = :chain")
_REMOVED = text("SELECT chain, events, removed_at::date FROM audit_stub ORDER BY chain, segments DESC")
_BY_DOCUMENT = ("accounts", "refunds", "other_cover")


class NobodyThere(Exception):
    """Nobody with this person number or identity number has been taken in."""


@dataclass(frozen=True)
class Reading:
    """Who reads the file, in which form, whether in clear, and why (a reason is asked for who reads in clear)."""

    by: str
    form: str
    reveal: bool = False
    reason: str | None = None


@dataclass(frozen=True)
class CaseRecord:
    """A case file: ``case`` with all events, ``steps`` (the events in words, with actor, notice and clauses), the
    books' rows by section, and what has to be known to read it (``notes``)."""

    case: CaseFile
    steps: Section
    sections: list[Section]
    notes: list[str]
    reading: Reading


def open_case(house: House, given: str | int, reading: Reading) -> CaseRecord:
    """The file of the person with this number at the bureau, or identity number (type 01); an int is our own id.

    That it was read is an event, committed before this returns. Raises ``NobodyThere``.
    """
    today, now = house.clock.today(), house.clock.now()
    with house.engine.begin() as connection:
        if isinstance(given, int):
            case = case_of(connection, house.vault, given, reading.reveal)
        else:
            case = read_case(connection, house.vault, given, reading.reveal)
        if case is None:
            raise NobodyThere("nobody with this person number or identity number has been taken in")
        values = {
            "person": case.person_id,
            "person_no": case.person["person_no"],
            "clauses": orjson.dumps({rule: "、".join(named) for rule, named in house.law.clauses().items()}).decode(),
            "subjects": _subjects(connection, house, case.person_id),
        }
        sections = read_sections(connection, house.vault, values, reading.reveal)
        facts = {"by": reading.by, "form": reading.form, "revealed": reading.reveal, "reason": reading.reason}
        chain = house.settings.area
        origin = Origin(f"clerk:{reading.by}", chain, today)
        house.audit.record(connection, origin, [Event(READ, case.person_id, facts)], now)
        head = connection.execute(_HEAD, {"chain": chain}).one()
        notes = [
            f"chain {row.chain}: events up to {row.events} were exported and removed on {row.removed_at}; they are in"
            " the exported files"
            for row in connection.execute(_REMOVED)
        ]
    clear = f"in clear: {reading.reason}" if reading.reveal else "masked"
    notes.append(
        f"read {now:%Y-%m-%d %H:%M} by {reading.by}, {clear}; event {head.events} of the audit log, head"
        f" {bytes(head.head).hex()[:32]}"
    )
    return CaseRecord(case, steps_of(house, case), sections, notes, reading)


def _subjects(connection: Connection, house: House, person: int) -> list[str]:
    """What rows that were set aside know this person by, for every kind of list."""
    row = connection.execute(_PERSON, {"person": person}).one()
    seal = house.vault.sealing(connection)
    (number,) = house.vault.decrypt([bytes(row.cert_cipher)])
    index = seal.index_one(document_key(row.cert_type, number)).hex()
    years = list(connection.execute(_YEARS, {"person": person}).scalars())
    keys = {
        "enrolments": [row.person_no] if row.person_no else [],
        "flags": [index + category for category in (*CATEGORIES, "")],
        "applications": [index + category + str(year) for category in CATEGORIES for year in years],
        **{kind: [index] for kind in _BY_DOCUMENT},
    }
    return [subject for kind, listed in keys.items() for subject in subjects(seal, kind, listed)]


def steps_of(house: House, case: CaseFile) -> Section:
    """Every event in order: when, who, what, and by which clause of which notice."""
    columns = ("event", "business_date", "recorded_at", "actor", "what", "references", "notice", "clauses")
    clauses = house.law.clauses()
    rows = []
    for event in case.events:
        happened, references = told(event["action"], event["facts"])
        notice, named = _by_which(event["facts"], case.decisions, clauses, house.law.notice)
        rows.append(
            (
                event["event"], event["business_date"], event["recorded_at"], event["actor"], happened, references,
                notice, "、".join(named),
            )
        )  # fmt: skip
    return Section("决定与办理经过", "What was decided and done", columns, tuple(rows))


def _by_which(
    facts: dict[str, Any], decisions: dict[int, dict[str, Any]], clauses: dict[str, tuple[str, ...]], notice: str
) -> tuple[str, list[str]]:
    if (number := facts.get("decision")) in decisions:
        return str(decisions[number]["notice"]), list(decisions[number]["clauses"])
    if facts.get("clauses"):
        return str(facts.get("notice") or notice), list(facts["clauses"])
    if facts.get("rule") in clauses:
        return notice, list(clauses[facts["rule"]])
    return "", []
