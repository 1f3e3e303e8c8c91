"""The audit log: events searched, one with its place in the chain, and how the chains stand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
from sqlalchemy import text
from starlette.responses import Response

from worker.audit.anchors import append_heads, read_anchors, read_heads
from worker.audit.log import Event, Origin
from worker.audit.place import EVENTS, SHARED, chain_states, event_at, events_sharing
from worker.audit.verify import verify
from worker.console.tables.answer import show as show_table
from worker.console.tables.asked import read
from worker.console.tables.declared import GIVEN, Column, Filter, Row, Table
from worker.console.visit import Visit, Wrong

NEWEST = 100_000
"""Events at the end of each chain that a page verifies: some seconds."""
SEARCHED = "audit.searched"
ANCHORED = "audit.anchored"
_SHOWN = 50
_SECONDS = 60
_PERSON = text("SELECT id FROM person WHERE person_no = :given")


def _event(row: Row) -> str:
    return f"/audit/{row['chain']}/{row['position']}"


FOUND = Table(
    "audit", "审计事件", "Audit events", EVENTS,
    (
        Column("position", "序号", "Position", "count", sort="t.position", link=_event),
        Column("recorded_at", "时间", "When", "time"),
        Column("business_date", "业务日期", "Business date", "date"),
        Column("actor", "操作者", "Actor"),
        Column("action", "事项", "Act", "word", words="event", link=_event),
        Column("person_no", "人员编号", "Person", link="/people/{person_id}", needs="case.read"),
        Column("job", "作业", "Job", link="/jobs/{job}", needs="jobs.see"),
        Column("batch", "批次", "Batch"),
        Column("facts", "要素", "Facts", "facts"),
    ),
    (
        Filter("chain", "链", "Chain"),
        Filter("person", "人员编号", "Person", sql="t.person_no = :person"),
        Filter("actor", "操作者含", "Actor has"),
        Filter("action", "事项含", "Act has", sql="t.action = ANY(:actions)"),
        Filter("job", "作业", "Job", "count"),
        Filter("batch", "批次", "Batch"),
        Filter("segment", "段", "Segment", "count"),
        Filter("day", "业务日期", "Business date", "date"),
    ),
    key="position", first="-position",
    empty=("此链没有事件。", "There is no event in this chain."),
)  # fmt: skip

CHAINS = Table(
    "chains", "审计链状态", "How the chains stand",
    GIVEN.format(
        "chain text, segments bigint, events bigint, head text, key int, written timestamptz, anchored_at timestamptz,"
        " since bigint, removed bigint"
    ),
    (
        Column("chain", "链", "Chain", sort="t.chain", link="/audit?chain={chain}"),
        Column("segments", "段数", "Segments", "count", sort="t.segments"),
        Column("events", "事件数", "Events", "count", sort="t.events", link="/audit/{chain}/{events}"),
        Column("head", "链头", "Head", said=lambda head, _: f"{head[:8]} {head[8:16]} {head[16:24]} …"),
        Column("key", "密钥号", "Key", "count", sort="t.key"),
        Column("written", "最近写入", "Last written", "time", sort="coalesce(t.written, '-infinity')"),
        Column("anchored_at", "最近外存", "Last anchored", "time", sort="coalesce(t.anchored_at, '-infinity')"),
        Column("since", "其后未外存", "Since then", "count", sort="t.since"),
        Column("removed", "已清除至", "Removed up to", "count", sort="coalesce(t.removed, 0)"),
    ),
    (Filter("chain", "链", "Chain", sql="t.chain = :chain"),),
    key="chain", first="chain", empty=("还没有审计链。", "There is no chain yet."),
)  # fmt: skip


def show(visit: Visit) -> Response:
    """Events of one chain, ours unless another is named, the newest first. That a person was looked for is an event."""
    house, given = visit.house, visit.asked("person")
    if given:
        with house.engine.begin() as connection:
            person = connection.execute(_PERSON, {"given": given}).scalar_one_or_none()
            origin = Origin(f"operator:{visit.operator.login}", house.law.area, house.clock.today())
            house.audit.record(connection, origin, [Event(SEARCHED, person, {"form": "console"})], house.clock.now())
    chain, asked = visit.asked("chain") or house.law.area, read(FOUND, visit.request.query_params, visit.words)
    wanted = {name: asked.values[name] for name in SHARED if asked.values.get(name) is not None}
    with house.engine.connect() as connection:
        sql, values = events_sharing(connection, chain, wanted)
    values["actions"] = visit.words.meant("event", visit.asked("action") or "")
    return show_table(visit, replace(FOUND, sql=sql), "audit", {"chain": chain, **values})


def show_event(visit: Visit) -> Response:
    """One event: all that it says, what its transaction shares, and whether it fits the event before it."""
    chain, position = str(visit.request.path_params["chain"]), visit.number("position")
    with visit.house.engine.connect() as connection:
        placed = event_at(connection, visit.house.keychain, chain, position)
    if placed is None:
        raise Wrong(404, visit.words("no_such_event"))
    return visit.show("event", one=placed, row=placed.row)


def show_chains(visit: Visit) -> Response:
    """Every chain: how long, its head and key, what was anchored last."""
    return _show_chains(visit)


def _show_chains(visit: Visit, **more: Any) -> Response:
    house = visit.house
    with house.engine.connect() as connection:
        rows = chain_states(connection, house.settings.anchors)
    told = [{**one, "since": one["events"] - (one["anchored"] or 0)} for one in rows]
    return show_table(
        visit, CHAINS, "chains", {"rows": orjson.dumps(told).decode()}, home="/audit/chains", newest=NEWEST,
        anchors=house.settings.anchors.name, **{"told": None, "anchored": None, **more},
    )  # fmt: skip


def verify_now(visit: Visit) -> Response:
    """Walk the newest events of each chain, beside the heads in the file of anchors."""
    house = visit.house
    try:
        kept, flaws = read_anchors(house.settings.anchors)
    except OSError:
        kept, flaws = [], []
    with house.engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = '{_SECONDS}s'")
        seen, found = verify(connection, house.keychain, kept, NEWEST)
    flaws += found
    return _show_chains(
        visit, told={"seen": seen, "flaws": flaws[:_SHOWN], "more": len(flaws) > _SHOWN, "heads": len(kept)}
    )


def anchor_now(visit: Visit) -> Response:
    """Append the heads of all chains to the file of anchors, as ``levy audit anchor`` does; the event is among them."""
    house, now = visit.house, visit.house.clock.now()
    with house.engine.begin() as connection:
        origin = Origin(f"operator:{visit.operator.login}", house.law.area, house.clock.today())
        house.audit.record(connection, origin, [Event(ANCHORED, None, {"file": house.settings.anchors.name})], now)
    with house.engine.connect() as connection:
        heads = read_heads(connection, now)
    try:
        count = append_heads(house.settings.anchors, heads)
    except OSError as error:
        raise Wrong(409, f"the heads cannot be written to {error.filename}: {error.strerror}") from None
    return _show_chains(visit, anchored=count)
