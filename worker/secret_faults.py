"""Secrets that no process of the service runs with, outside the embedded mode: missing, known, or no secrets."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from config.settings import Settings
from worker.keys import PURPOSES, VARIABLES, Key, Keychain, KeysError, load_keys

_MAKE = "`python -c 'import secrets; print(secrets.token_hex(32))'` makes one"
_FEWEST_OCTETS = 8
"""Different octets that a key has; of thirty-two random ones there are practically always more than twenty."""


class SecretsRefused(Exception):
    """The process does not start: its sentences say which secret is missing or everybody's, and what to do."""


def refuse_faulty(settings: Settings) -> None:
    """Raises ``SecretsRefused`` where a secret may not be used."""
    if faults := faults_of_secrets(settings):
        raise SecretsRefused("this process does not start:\n" + "\n".join(faults))


def faults_of_secrets(settings: Settings, environment: Mapping[str, str] = os.environ) -> list[str]:
    """A sentence for each secret that is missing or no secret. In the embedded mode they are made, and fit."""
    if settings.embedded:
        return []
    try:
        chain = load_keys(settings, environment)
    except KeysError as error:
        return [str(error), *_service_keys(settings, environment, {})]
    known = _of_the_home(settings.home)
    faults = []
    for purpose in PURPOSES:
        for key in chain.ring(purpose).values():
            if key.secret.hex() in known.values():
                faults.append(f"{VARIABLES[purpose]} {key.number} is the key of an embedded installation: {_MAKE}")
            elif len(set(key.secret)) < min(_FEWEST_OCTETS, len(key.secret) // 2):
                faults.append(f"{VARIABLES[purpose]} {key.number} was made up, not drawn by lot: {_MAKE}")
    return faults + _shared(chain) + _service_keys(settings, environment, known)


def _service_keys(settings: Settings, environment: Mapping[str, str], known: Mapping[str, str]) -> list[str]:
    faults = []
    for name in ("tax", "treasury"):
        variable = f"LEVY_{name.upper()}_KEY"
        given = environment.get(variable, "")
        if name == "tax" and settings.tax.kind == "files":
            continue
        if not given:
            faults.append(f"{variable} is not set: it is what we show to the {name}, who gives it out")
        elif given in known.values() or len(set(given)) == 1:
            faults.append(f"{variable} is everybody's and proves nothing: ask the {name} for one")
    return faults


def _shared(chain: Keychain) -> list[str]:
    """One key for two purposes: whoever may see one of them could do the work of the other."""
    owner: dict[bytes, tuple[str, Key]] = {}
    faults = []
    for purpose in PURPOSES:
        for key in chain.ring(purpose).values():
            other, _ = owner.setdefault(key.secret, (purpose, key))
            if other != purpose:
                faults.append(f"{VARIABLES[purpose]} is the same key as {VARIABLES[other]}: {_MAKE}")  # type: ignore[index]
    return faults


def _of_the_home(home: Path) -> dict[str, str]:
    """The secrets that an embedded installation made in this home, hexadecimal, by purpose or neighbour."""
    try:
        stored: dict[str, Any] = orjson.loads((home / "keys.json").read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return {}
    return {f"{name} {at}": part.split(":")[-1] for name in stored for at, part in enumerate(stored[name].split(","))}
