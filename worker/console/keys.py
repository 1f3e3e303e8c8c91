"""Keys of personal data, of the index and of the audit log, for admins: how each stands, a newer one, one retired."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
from starlette.responses import Response

from worker.console.acting import refusals
from worker.console.tables.answer import show as show_table
from worker.console.tables.declared import GIVEN, Column, Filter, Table
from worker.console.visit import Visit, Wrong
from worker.house import House
from worker.keys import PURPOSES, VARIABLES, KeysError, Purpose
from worker.rotation.listing import list_keys
from worker.rotation.rotate import retire_key, rotate
from worker.rotation.state import CannotRotate, uses

_COUNTED_FOR = 60.0
VALUES = Table(
    "key-values", "以此密钥加密的值", "Values under a key", GIVEN.format("id text, values bigint"),
    (
        Column("id", "所在", "Where", "word", words="sealed_table", sort="t.id"),
        Column("values", "值", "Values", "count", sort="t.values"),
    ),
    (), key="id", first="-values",
    empty=("没有以此密钥加密的值，或还没有统计。", "Nothing is encrypted with this key, or it was not counted yet."),
)  # fmt: skip
KEYS = Table(
    "keys", "密钥", "Keys",
    GIVEN.format(
        "id text, purpose text, number int, algorithm text, state text, since timestamptz, known_here text,"
        " values bigint"
    ),
    (
        Column("purpose", "用途", "For", "word", words="key_purpose", sort="t.purpose"),
        Column("number", "密钥号", "Number", "count", sort="t.number"),
        Column("algorithm", "算法", "Algorithm", sort="t.algorithm"),
        Column("state", "状态", "State", "word", words="key_state", sort="t.state"),
        Column("since", "自", "Since", "time", sort="coalesce(t.since, '-infinity')"),
        Column("known_here", "控制台持有", "Known here", "word", words="yes_no", sort="t.known_here"),
        Column("values", "仍以此加密的值", "Values still under it", "count", sort="coalesce(t.values, -1)",
               link="/keys/values/{number}"),
    ),
    (Filter("purpose", "用途", "For", sql="t.purpose = :purpose", choices=PURPOSES, words="key_purpose"),),
    key="id", first="purpose", empty=("没有密钥。", "No key is there."),
)  # fmt: skip


def show(visit: Visit) -> Response:
    """All keys; how many values each still encrypts is counted beside the page, for that looks at all of them."""
    house = visit.house
    counted = visit.place.beside.begin("keys", lambda: _counted(house), _COUNTED_FOR)
    values = {row["number"]: row["values"] for row in list(counted.rows)}
    with house.engine.connect() as connection:
        keys = list_keys(connection, house)
    rows = [
        {**key, "id": f"{key['purpose']} {key['number']:06}"}
        | {"values": values.get(key["number"]) if key["purpose"] == "data" else None}
        for key in keys
    ]
    wanted = [(key["purpose"], key["wanted"], key["algorithm"]) for key in keys if key["wanted"]]
    return show_table(
        visit, KEYS, "keys", {"rows": orjson.dumps(rows).decode()}, wanted=wanted, purposes=PURPOSES,
        counted=counted, variables=VARIABLES,
    )  # fmt: skip


def show_values(visit: Visit) -> Response:
    """In which tables the values are that a data key still encrypts, as they were last counted."""
    counted = visit.place.beside.begin("keys", lambda: _counted(visit.house), _COUNTED_FOR)
    number = visit.number("number")
    tables: dict[str, int] = next((row["tables"] for row in list(counted.rows) if row["number"] == number), {})
    rows = [{"id": table, "values": values} for table, values in tables.items()]
    return show_table(visit, VALUES, "list", {"rows": orjson.dumps(rows).decode()})


def go_over(visit: Visit) -> Response:
    """Go over to a newer key of one purpose, as ``levy keys rotate`` does."""
    with refusals(CannotRotate, KeysError):
        rotate(visit.house, _purpose(visit), visit.operator.login)
    return visit.go("/keys")


def retire(visit: Visit) -> Response:
    """Do without a key that nothing uses any more."""
    with refusals(CannotRotate, KeysError):
        retire_key(visit.house, _purpose(visit), visit.number("number"), visit.operator.login)
    return visit.go("/keys")


def _purpose(visit: Visit) -> Purpose:
    found = next((one for one in PURPOSES if one == visit.request.path_params["purpose"]), None)
    if found is None:
        raise Wrong(404, visit.words("no_such_page"))
    return found


def _counted(house: House) -> Iterator[dict[str, Any]]:
    with house.engine.connect() as connection:
        for row in list_keys(connection, house):
            if row["purpose"] == "data":
                tables = uses(connection, row["number"])
                yield {"number": row["number"], "values": sum(tables.values()), "tables": tables}
