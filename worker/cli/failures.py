"""Failures that a person can mend, as one sentence each: what does not answer, where it is, and what to do.

A sentence names host and database, and never a statement, its parameters or a password.
"""

from __future__ import annotations

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from config.settings import Settings, SettingsError, load_settings

_OURS = ("worker", "config", "policies", "adapters")
_BROKERS = ("kombu", "redis", "amqp")
_OTHER_REVISION = ("42P01", "42703", "42704", "42883", "3F000")
"""PostgreSQL's codes for a table, column, type, function or schema that is not there."""
_CANCELLED = "57014"
_REFUSALS = (
    ("password authentication failed", "refuses user and password"),
    ("no pg_hba.conf entry", "lets nobody in from this host"),
    ("does not exist", "is not there, or its user is not"),
    ("too many clients", "takes no more connections now"),
    ("starting up", "is still starting"),
    ("shutting down", "is stopping"),
    ("could not translate host name", "is at a host that nobody knows"),
    ("failed to resolve host", "is at a host that nobody knows"),
)
"""What a server says that cannot be had, and what it means."""


def sentence_of(error: Exception) -> str | None:
    """The sentence for the person at the keyboard, or None where only a trace can help."""
    package = type(error).__module__.split(".")[0]
    if package in _OURS:
        return str(error)
    if isinstance(error, ArgumentError):
        return "LEVY_DATABASE_URL is no such URL: write postgresql+psycopg://USER:PASSWORD@HOST:5432/DATABASE"
    if isinstance(error, DBAPIError):
        return _of_database(error.orig, error.connection_invalidated)
    if package == "psycopg":
        return _of_database(error, False)
    if package in _BROKERS and type(error).__name__ in ("OperationalError", "ConnectionError", "TimeoutError"):
        return f"the broker {broker_place(_settings())} does not answer. Jobs wait in the database and are not lost"
    return None


def _of_database(error: BaseException | None, cut: bool) -> str | None:
    code, settings = getattr(error, "sqlstate", None) or "", _settings()
    place = database_place(settings)
    if code in _OTHER_REVISION:
        return f"the database {place} lacks tables or columns that this version needs: run `levy migrate`"
    if code == _CANCELLED:
        return f"the database {place} took too long over one statement, which was given up: try again"
    if cut or type(error).__name__ == "OperationalError" or code.startswith(("08", "57P", "53")):
        why = next((meaning for sign, meaning in _REFUSALS if sign in str(error)), "does not answer")
        return f"the database {place} {why}. {_what_to_do(settings)}"
    return None


def database_place(settings: Settings | None) -> str:
    """Which database the settings mean: ``levy at db.example:5432``, or the home of an embedded one."""
    if settings is None or settings.database_url is None:
        return _home(settings)
    return f"{make_url(settings.database_url).database or ''} {_place(settings.database_url)}".strip()


def broker_place(settings: Settings | None) -> str:
    """Which broker the settings mean: ``at broker.example:6379``, or the home of an embedded one."""
    return _home(settings) if settings is None or settings.broker_url is None else _place(settings.broker_url)


def _settings() -> Settings | None:
    try:
        return load_settings()
    except SettingsError:  # the sentence is about something else
        return None


def _home(settings: Settings | None) -> str:
    return f"in {settings.home}" if settings else "of the settings"


def _place(url: str) -> str:
    """Where a URL points, without user and password."""
    parts = make_url(url)
    return f"at {parts.host or 'this machine'}{f':{parts.port}' if parts.port else ''}"


def _what_to_do(settings: Settings | None) -> str:
    if settings is not None and settings.database_url is not None:
        return "See that it runs and that LEVY_DATABASE_URL is right; nothing is lost meanwhile"
    return "`levy servers start` starts it; `levy servers status` says where its log is"
