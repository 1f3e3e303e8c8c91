"""Keys of the bureau's other systems that call the API, for admins: add one that is shown once, revoke one."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection
from starlette.responses import Response

from worker.api.keys import KeyRefused, add_key, revoke_key
from worker.audit.log import Event, Origin
from worker.console.acting import refusals
from worker.console.tables.answer import show as show_table
from worker.console.tables.declared import Column, Filter, Table
from worker.console.visit import Visit, Wrong
from worker.database.api import ROLES

_STATES = ("valid", "expired", "revoked")
_MOST_DAYS = 732
GIVEN_OUT = Table(
    "service-keys", "接口密钥", "Keys for the API",
    "SELECT id, client, array_to_string(roles, ', ') AS roles, expires_on, used_at, added_by, added_at, revoked_at,"
    " CASE WHEN revoked_at IS NOT NULL THEN 'revoked' WHEN expires_on < :today THEN 'expired' ELSE 'valid' END AS state"
    " FROM service_key",
    (
        Column("id", "密钥编号", "Key", sort="t.id"),
        Column("client", "接口方", "Client", sort="t.client"),
        Column("roles", "可办事项", "Roles", said=lambda roles, words: ", ".join(
            words.value("api_role", one) for one in roles.split(", "))),
        Column("state", "状态", "State", "word", words="key_state", sort="t.state"),
        Column("expires_on", "有效至", "Last day", "date", sort="t.expires_on"),
        Column("used_at", "最近使用", "Last used", "time", sort="coalesce(t.used_at, '-infinity')"),
        Column("added_by", "添加人", "Added by", sort="t.added_by"),
        Column("added_at", "添加时间", "Added", "time", sort="t.added_at"),
        Column("revoked_at", "撤销时间", "Revoked", "time", sort="coalesce(t.revoked_at, '-infinity')"),
    ),
    (
        Filter("state", "状态", "State", sql="t.state = :state", choices=_STATES, words="key_state"),
        Filter("client", "接口方", "Client", sql="t.client = :client"),
    ),
    key="id", first="-added_at",
    empty=("尚无接口密钥。", "There are no keys."),
)  # fmt: skip


def show(visit: Visit) -> Response:
    """All keys there ever were, without their secrets, and the form of another."""
    return _show(visit)


def add(visit: Visit) -> Response:
    """Make a key as ``levy service-keys add`` does; it is on this answer and nowhere else."""
    days, clock = visit.given("days"), visit.place.entrance.clock
    if not (days.isascii() and days.isdecimal() and 1 <= int(days[:5]) <= _MOST_DAYS):
        raise Wrong(422, visit.words("no_number", given=days[:20]))
    until, by = clock.today() + timedelta(days=int(days)), visit.operator.login
    roles, area = list(visit.form.get("role") or ()), visit.house.settings.area
    with refusals(KeyRefused), visit.house.engine.begin() as connection:
        key, event = add_key(connection, visit.given("client"), area, roles, clock.today(), until, by, clock.now())
        _record(visit, connection, event)
    return _show(visit, key)


def revoke(visit: Visit) -> Response:
    """End a key from this moment on."""
    key = str(visit.request.path_params["key"])
    with refusals(KeyRefused), visit.house.engine.begin() as connection:
        event = revoke_key(connection, key, visit.operator.login, visit.place.entrance.clock.now())
        _record(visit, connection, event)
    return visit.go("/service-keys")


def _show(visit: Visit, key: str | None = None) -> Response:
    values = {"today": visit.place.entrance.clock.today()}
    return show_table(visit, GIVEN_OUT, "service_keys", values, home="/service-keys", roles=ROLES, given=key)


def _record(visit: Visit, connection: Connection, event: Event) -> None:
    clock = visit.place.entrance.clock
    origin = Origin(f"operator:{visit.operator.login}", visit.house.settings.area, clock.today())
    visit.house.audit.record(connection, origin, [event], clock.now())
