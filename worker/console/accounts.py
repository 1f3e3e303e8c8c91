"""Accounts, for admins: add one, change its roles, disable, enable, give out a password that is shown once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection
from starlette.responses import Response

from worker.console.visit import Visit
from worker.operators.accounts import Registry, listed
from worker.operators.rights import EVERYBODY, RIGHTS

Result = TypeVar("Result")


def show(visit: Visit) -> Response:
    """All accounts, a form for another, and the table of rights."""
    return _show(visit)


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
    with visit.house.engine.connect() as connection:
        rows = listed(connection)
    return visit.show("operators", rows=rows, roles=EVERYBODY, rights=RIGHTS, given=given)
