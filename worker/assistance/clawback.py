"""Clawback: assistance received for an identity that had ended goes back to its fund; cover is held until it has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import orjson
from sqlalchemy import Connection, text

from worker.assistance.endings import Ending
from worker.audit.log import Event
from worker.ledger import clawback as ledger
from worker.ledger.chart import Accounts
from worker.ledger.post import post

_OPEN = text(
    "INSERT INTO clawback (assistance_id, enrolment_id, person_id, area, insurance, source, category, amount,"
    " revoked_on, opened_on, holds_cover, decision)"
    " SELECT a.id, a.enrolment_id, a.person_id, a.area, a.insurance, a.source, a.category, a.amount,"
    " n.revoked_on, :today, n.holds, CAST(n.decision AS jsonb)"
    " FROM json_to_recordset(:ended) AS n(enrolment_id bigint, category text, revoked_on date, holds bool,"
    "  decision json) JOIN assistance a ON a.enrolment_id = n.enrolment_id AND a.category = n.category"
    " WHERE a.state IN ('paid', 'applied') ORDER BY a.id ON CONFLICT (assistance_id) DO NOTHING"
    " RETURNING id, assistance_id, enrolment_id, person_id, insurance, source, category, amount, holds_cover"
)
_DUE_OF = text("SELECT id, due_id FROM assistance WHERE id = ANY(:ids)")
_HOLD = text(
    "UPDATE enrolment e SET held_from = n.day FROM json_to_recordset(:held) AS n(id bigint, day date)"
    " WHERE e.id = n.id AND e.held_from IS NULL"
)


def open_clawbacks(
    connection: Connection,
    accounts: Accounts,
    ended: Sequence[Ending],
    starts_on: Mapping[int, date | None],
    today: date,
) -> list[Event]:
    """Ask back what was received for identities that ended, once each, and hold the cover where the notice says so.

    ``starts_on`` is the first day of cover by enrolment: it is held from then, or from today. Returns the events,
    which also name identities of which the notice does not say what becomes: a person has to rule.
    """
    events = [
        Event(
            "revocation.undetermined",
            one.person_id,
            {"category": one.category, "revoked_on": one.revoked_on, "reason": one.answer["reason"]},
        )
        for one in ended
        if one.outcome == "undetermined"
    ]
    back = [one for one in ended if one.outcome == "clawback"]
    if not back:
        return events
    listed = [
        {
            "enrolment_id": one.enrolment_id,
            "category": one.category,
            "revoked_on": one.revoked_on,
            "holds": bool(one.answer["benefit_held"]),
            "decision": one.answer,
        }
        for one in back
    ]
    rows = connection.execute(_OPEN, {"ended": orjson.dumps(listed).decode(), "today": today}).all()
    due_of = {row.id: row.due_id for row in connection.execute(_DUE_OF, {"ids": [row.assistance_id for row in rows]})}
    moves = [ledger.opened(accounts, r.id, due_of[r.assistance_id], r.insurance, r.source, r.amount) for r in rows]
    post(connection, moves, today)
    holding = {row.enrolment_id for row in rows if row.holds_cover}
    held = [{"id": one, "day": max(today, starts_on.get(one) or today)} for one in sorted(holding)]
    connection.execute(_HOLD, {"held": orjson.dumps(held).decode()})
    return events + [
        Event(
            "clawback.opened",
            row.person_id,
            {
                "clawback": row.id,
                "assistance": row.assistance_id,
                "category": row.category,
                "source": row.source,
                "amount": row.amount,
                "cover_held": row.holds_cover,
            },
        )
        for row in rows
    ]
