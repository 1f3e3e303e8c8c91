"""Which keys there are and how each stands: those that the database knows, and those that were never used."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from worker.house import House
from worker.keys import PURPOSES, algorithm_for
from worker.rotation.state import known_keys, uses


def list_keys(connection: Connection, house: House) -> list[dict[str, Any]]:
    """Purpose, number, algorithm, state, since when, whether this process knows it, and whether the settings want
    another algorithm than that of the current one (``wanted``)."""
    rows = [
        {**row._mapping, "known_here": "yes" if row.number in house.keychain.ring(row.purpose) else "no"}
        for row in known_keys(connection)
    ]
    noted = {(row["purpose"], row["number"]) for row in rows}
    chains = set(connection.exec_driver_sql("SELECT key FROM audit_chain").scalars())
    for purpose in PURPOSES:
        for key in house.keychain.ring(purpose).values():
            if (purpose, key.number) not in noted:
                state = "not used yet" if purpose != "audit" else "current" if key.number in chains else "kept"
                named = {"purpose": purpose, "number": key.number, "algorithm": key.algorithm}
                rows.append({**named, "state": state, "since": None, "known_here": "yes"})
    for row in rows:
        wanted = algorithm_for(house.settings, row["purpose"])
        row["wanted"] = wanted if row["state"] == "current" and row["algorithm"] != wanted else None
    return sorted(rows, key=lambda row: (row["purpose"], row["number"]))


def values_of(connection: Connection, row: dict[str, Any]) -> int | None:
    """How many values are encrypted with a data key; it looks at all of them. None for other keys."""
    return sum(uses(connection, row["number"]).values()) if row["purpose"] == "data" else None
