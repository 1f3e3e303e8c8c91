"""Accounts, for admins: add one, change its roles, disable, enable, give out a password that is shown once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import orjson
from sqlalchemy import Connection
from starlette.responses import Response

from worker.console.tables.answer import beside
from worker.console.tables.answer import show as show_table
from worker.console.tables.declared import GIVEN, Column, Filter, Table
from worker.console.visit import Visit
from worker.console.words import words_of
from worker.operators.accounts import ACCOUNTS, Registry
from worker.operators.rights import EVERYBODY, RIGHTS

Result = TypeVar("Result")
HELD = Table(
    "accounts", "账号", "Accounts",
    "SELECT *, CASE WHEN disabled_at IS NOT NULL THEN 'disabled' WHEN must_change THEN 'to_change' ELSE 'enabled' END"
    f" AS stands, array_to_string(roles, ', ') AS held FROM ({ACCOUNTS}) AS o",
    (
        Column("login", "登录名", "Login", sort="t.login"),
        Column("name", "显示姓名", "Name shown", sort="t.name"),
        Column("held", "角色", "Roles"),
        Column("stands", "状态", "State", "word", words="account_state", sort="t.stands"),
        Column("sessions", "在线", "Sessions", "count", sort="t.sessions"),
        Column("added_by", "添加人", "Added by", sort="t.added_by"),
        Column("added_at", "添加时间", "Added", "time", sort="t.added_at"),
        Column("disabled_at", "停用时间", "Disabled", "time", sort="coalesce(t.disabled_at, '-infinity')"),
    ),
    (
        Filter("stands", "状态", "State", sql="t.stands = :stands", choices=("enabled", "to_change", "disabled"),
               words="account_state"),
        Filter("role", "角色", "Role", sql=":role = ANY(t.roles)", choices=EVERYBODY, words="role"),
    ),
    key="login", first="login",
    empty=("尚无账号：levy operators add 可添加第一个。", "No account yet: `levy operators add` makes the first."),
)  # fmt: skip
ALLOWED = Table(
    "rights", "角色与权限", "What a role may do",
    GIVEN.format("act text, " + ", ".join(f"{role} text" for role in EVERYBODY)),
    (
        Column("act", "操作", "Act", "word", words="right", sort="t.act"),
        *(Column(role, words_of("zh").value("role", role), words_of("en").value("role", role),
                 sort=f"coalesce(t.{role}, '')") for role in EVERYBODY),
    ),
    (Filter("role", "角色", "Role", sql="to_jsonb(t)->>:role IS NOT NULL", choices=EVERYBODY, words="role"),),
    key="act", first="act", empty=("没有权限。", "Nobody may anything."), size=len(RIGHTS),
)  # fmt: skip


def show(visit: Visit) -> Response:
    """All accounts, a form for another, and the table of rights."""
    return _show(visit)


def show_rights(visit: Visit) -> Response:
    """Which role may do what."""
    return show_table(visit, ALLOWED, "sums", _rights(), up="/operators", above=visit.words("operators"))


def add(visit: Visit) -> Response:
    """Add an account under a password that is made up."""
    login, name, roles = visit.given("login"), visit.given("name"), list(visit.form.get("role") or ())
    password = _do(visit, lambda registry, connection: registry.add(connection, login, name, roles))
    return _show(visit, (login.lower(), password))


def change_roles(visit: Visit) -> Response:
    """Give an account just the roles that are ticked."""
    roles = list(visit.form.get("role") or ())
    _do(visit, lambda registry, connection: registry.change_roles(connection, _login(visit), roles))
    return visit.go("/operators")


def disable(visit: Visit) -> Response:
    """Let nobody in by it any more."""
    _do(visit, lambda registry, connection: registry.disable(connection, _login(visit)))
    return visit.go("/operators")


def enable(visit: Visit) -> Response:
    """Let it in again."""
    _do(visit, lambda registry, connection: registry.enable(connection, _login(visit)))
    return visit.go("/operators")


def give_password(visit: Visit) -> Response:
    """Make up a new password, shown this once."""
    login = _login(visit)
    password = _do(visit, lambda registry, connection: registry.set_password(connection, login))
    return _show(visit, (login, password))


def _login(visit: Visit) -> str:
    return str(visit.request.path_params["login"])


def _do(visit: Visit, change: Callable[[Registry, Connection], Result]) -> Result:
    registry = Registry(visit.house.audit, visit.place.entrance.clock, visit.operator.login)
    with visit.house.engine.begin() as connection:
        return change(registry, connection)


def _show(visit: Visit, given: tuple[str, str] | None = None) -> Response:
    allowed = beside(visit, ALLOWED, "/operators/rights", _rights())
    return show_table(visit, HELD, "operators", home="/operators", roles=EVERYBODY, allowed=allowed, given=given)


def _rights() -> dict[str, str]:
    rows = [{"act": act, **dict.fromkeys(right.roles, "●")} for act, right in RIGHTS.items()]
    return {"rows": orjson.dumps(rows).decode()}
