"""What somebody does who has the whole database, its guards switched off, and perhaps the key as well."""

from __future__ import annotations

from sqlalchemy import Connection, Engine, text

from worker.audit.log import digest_of, event_mac, head_seal
from worker.keys import Key

TABLES = ("audit_event", "audit_segment", "audit_chain", "audit_stub")


def without_guards(engine: Engine, *statements: str) -> None:
    """Run the statements with every trigger off."""
    with engine.begin() as connection:
        for table in TABLES:
            connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        for statement in statements:
            connection.execute(text(statement))
        for table in TABLES:
            connection.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))


def rewrite(engine: Engine, key: Key, chain: str, *statements: str) -> None:
    """Change the log and make every keyed hash, the head and its seal anew with this key."""
    without_guards(engine, *statements)
    with engine.begin() as connection:
        for table in TABLES:
            connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        _seal_anew(connection, key, chain)
        for table in TABLES:
            connection.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))


def _seal_anew(connection: Connection, key: Key, chain: str) -> None:
    rows = connection.execute(
        text(
            "SELECT e.*, s.origin FROM audit_event e JOIN audit_segment s USING (chain, segment)"
            " WHERE e.chain = :chain ORDER BY position"
        ),
        {"chain": chain},
    ).all()
    mac = b""
    for row in rows:
        person, facts = row.person_id, row.facts.encode()
        mac = event_mac(digest_of(key), mac, row.origin.encode(), row.position, row.action, person, facts)
        values = {"chain": chain, "position": row.position, "mac": mac}
        connection.execute(
            text("UPDATE audit_event SET mac = :mac WHERE chain = :chain AND position = :position"), values
        )
    last = rows[-1]
    seal = head_seal(key, chain, last.segment, last.position, mac)
    connection.execute(
        text(
            "UPDATE audit_chain SET segments = :s, events = :e, head = :head, key = :key, seal = :seal"
            " WHERE chain = :chain"
        ),
        {"s": last.segment, "e": last.position, "head": mac, "key": key.number, "seal": seal, "chain": chain},
    )
