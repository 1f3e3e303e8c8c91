"""Where the secret keys come from: the environment, or, in the embedded mode, a file made on first use."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

import orjson

from worker.privacy import Keys

_VARIABLES = ("LEVY_DATA_KEYS", "LEVY_INDEX_KEY", "LEVY_AUDIT_KEY")


class KeysError(Exception):
    """The keys are missing or cannot be used; without them nothing personal can be read and nothing proven."""


def load_keys(home: Path, embedded: bool, environment: Mapping[str, str] = os.environ) -> Keys:
    """The keys from the environment, else from ``home/keys.json`` (embedded mode only; made with mode 0600).

    ``LEVY_DATA_KEYS`` is ``1:<64 hex digits>[,2:...]``, the others are 64 hex digits each.
    """
    given = [environment.get(name) for name in _VARIABLES]
    if all(given):
        return _parse(*(str(value) for value in given))
    if any(given):
        missing = ", ".join(name for name, value in zip(_VARIABLES, given, strict=True) if not value)
        raise KeysError(f"{missing} is not set while other keys are: set all three or none")
    if not embedded:
        raise KeysError(f"set {', '.join(_VARIABLES)}: keys of its own are made only in the embedded mode")
    stored = orjson.loads(_stored(home / "keys.json"))
    return _parse(stored["data"], stored["index"], stored["audit"])


def neighbour_key(name: str, home: Path, environment: Mapping[str, str] = os.environ) -> str:
    """The service key for ``tax`` or ``treasury``: ``LEVY_TAX_KEY``..., else the home's own (embedded mode)."""
    if given := environment.get(f"LEVY_{name.upper()}_KEY"):
        return given
    stored = orjson.loads(_stored(home / "keys.json"))
    return str(stored[name])


def _parse(data: str, index: str, audit: str) -> Keys:
    try:
        numbered = dict(part.split(":", 1) for part in data.split(","))
        keys = Keys(
            {int(n): bytes.fromhex(key) for n, key in numbered.items()}, bytes.fromhex(index), bytes.fromhex(audit)
        )
    except ValueError:
        raise KeysError("a key is not written as hexadecimal digits (data keys: 1:<64 digits>,2:...)") from None
    if any(len(key) != 32 for key in (*keys.data.values(), keys.index, keys.audit)):
        raise KeysError("a key is not 32 bytes (64 hexadecimal digits) long")
    return keys


def _stored(path: Path) -> bytes:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = orjson.dumps(
        {"data": f"1:{secrets.token_hex(32)}"}
        | {name: secrets.token_hex(32) for name in ("index", "audit", "tax", "treasury")}
    )
    draft = path.with_name(f".keys-{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_bytes(made)
    try:
        os.link(draft, path)  # only the first of several processes makes the file
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_bytes()
