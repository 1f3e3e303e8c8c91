"""The audit chain: what stands in it cannot be changed unnoticed."""

from collections.abc import Callable

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import IntegrityError

from tests.worker.conftest import KEYCHAIN, NOW, keychain
from worker.audit.log import AuditLog, Event, Origin
from worker.audit.verify import verify
from worker.keys import Keychain


def record(engine: Engine, audit: AuditLog, origin: Origin, count: int = 3) -> None:
    events = [Event("levy.assessed", None, {"amount": 28000 + at}) for at in range(count)]
    with engine.begin() as connection:
        audit.record(connection, origin, events, NOW)


def flaws(engine: Engine, keys: Keychain = KEYCHAIN) -> list[tuple[int, str]]:
    with engine.connect() as connection:
        _, found = verify(connection, keys)
    return [(flaw.position, flaw.sentence) for flaw in found]


def test_segments_of_many_transactions_form_one_unbroken_chain(engine: Engine, audit: AuditLog, origin: Origin) -> None:
    for _ in range(4):
        record(engine, audit, origin)
    with engine.connect() as connection:
        assert verify(connection, KEYCHAIN) == (12, [])


def test_nothing_is_edited_or_deleted_through_the_front_door(engine: Engine, audit: AuditLog, origin: Origin) -> None:
    record(engine, audit, origin)
    for statement in ("UPDATE audit_event SET facts = '{}'", "DELETE FROM audit_event", "TRUNCATE audit_event"):
        with pytest.raises(IntegrityError, match="append-only"), engine.begin() as connection:
            connection.execute(text(statement))


def _swap(connection: Connection) -> None:
    connection.execute(text("UPDATE audit_event SET position = -1 WHERE position = 2"))
    connection.execute(text("UPDATE audit_event SET position = 2 WHERE position = 3"))
    connection.execute(text("UPDATE audit_event SET position = 3 WHERE position = -1"))


def _cut_back(connection: Connection) -> None:
    connection.execute(text("DELETE FROM audit_event WHERE segment = 2"))
    connection.execute(text("DELETE FROM audit_segment WHERE segment = 2"))
    connection.execute(
        text("UPDATE audit_chain SET segments = 1, events = 3, head = (SELECT mac FROM audit_event WHERE position = 3)")
    )


def _emptied(connection: Connection) -> None:
    for table in ("audit_event", "audit_segment", "audit_chain"):
        connection.execute(text(f"DELETE FROM {table}"))
    connection.execute(text("INSERT INTO transfer VALUES ('due.assessed', 1, 1, 2, 28000, NULL, DATE '2020-09-01')"))


def _renamed(connection: Connection) -> None:
    for table in ("audit_event", "audit_segment", "audit_chain"):
        connection.execute(text(f"UPDATE {table} SET chain = '610923'"))


FORGERIES: dict[str, tuple[Callable[[Connection], object], int]] = {
    "an edited fact": (
        lambda c: c.execute(text("UPDATE audit_event SET facts = replace(facts, '28001', '18001') WHERE position = 2")),
        2,
    ),
    "an edited column": (lambda c: c.execute(text("UPDATE audit_event SET action = 'x' WHERE position = 3")), 3),
    "an edited origin": (
        lambda c: c.execute(
            text("UPDATE audit_segment SET origin = replace(origin, 'test', 'boss') WHERE segment = 2")
        ),
        4,
    ),
    "an edited moment": (
        lambda c: c.execute(text("UPDATE audit_segment SET recorded_at = now() WHERE segment = 2")),
        4,
    ),
    "a deleted segment": (lambda c: c.execute(text("DELETE FROM audit_segment WHERE segment = 1")), 1),
    "a deleted event": (lambda c: c.execute(text("DELETE FROM audit_event WHERE position = 2")), 2),
    "two events swapped": (_swap, 2),
    "a cut tail": (lambda c: c.execute(text("DELETE FROM audit_event WHERE position > 4")), 5),
    "a removed head": (lambda c: c.execute(text("DELETE FROM audit_chain")), 0),
    "a tail cut with a head that fits": (_cut_back, 4),
    "a chain emptied with its head": (_emptied, 0),
    "a chain passed off as another area's": (_renamed, 1),
    "a segment made up": (
        lambda c: c.execute(
            text(
                "INSERT INTO audit_segment SELECT chain, 9, batch, recorded_at, origin FROM"
                " audit_segment WHERE segment = 1"
            )
        ),
        0,
    ),
    "nobody turned into person 0": (lambda c: c.execute(text("UPDATE audit_event SET person_id = 0")), 1),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forgery_behind_the_guards_is_found_with_its_place(
    engine: Engine, audit: AuditLog, origin: Origin, forgery: str
) -> None:
    record(engine, audit, origin)
    record(engine, audit, origin)
    forge, place = FORGERIES[forgery]
    with engine.begin() as connection:
        for table in ("audit_event", "audit_segment", "audit_chain"):
            connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        forge(connection)
    assert flaws(engine)[0][0] == place


def test_a_chain_rewritten_with_another_key_is_found(engine: Engine, origin: Origin) -> None:
    record(engine, AuditLog(keychain(audit=b"z")), origin)
    assert flaws(engine)[0][0] == 1
