"""Reading docker-compose.yml as Docker would, as far as the tests need it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
VARIABLE = re.compile(r"\$(?:\$|\{(?P<name>\w+)(?::(?P<kind>[?-])(?P<rest>[^}]*))?\})")


@dataclass(frozen=True)
class Service:
    """One service, its variables filled in."""

    name: str
    definition: Mapping[str, Any]

    @property
    def command(self) -> list[str]:
        """Program and arguments; empty where the image's own command runs."""
        return [str(part) for part in self.definition.get("command", [])]

    @property
    def environment(self) -> dict[str, str]:
        """What the service's own section sets."""
        return {name: str(value) for name, value in self.definition.get("environment", {}).items()}

    @property
    def waits_for(self) -> dict[str, str]:
        """Condition by service that must be met before this one starts."""
        return {name: needed["condition"] for name, needed in self.definition.get("depends_on", {}).items()}

    @property
    def health_command(self) -> list[str] | None:
        """The command of the health check, or None where there is no check."""
        test = self.definition.get("healthcheck", {}).get("test")
        return [str(part) for part in test[1:]] if test else None

    @property
    def plain(self) -> bool:
        """Whether it runs without a profile being asked for."""
        return "profiles" not in self.definition

    @property
    def replicas(self) -> int:
        """How many of it run."""
        return int(self.definition["deploy"].get("replicas", 1))


class NotSet(Exception):
    """A variable that the file demands has no value."""


def read_services(variables: Mapping[str, str]) -> dict[str, Service]:
    """The services by name. Raises ``NotSet`` with the file's own sentence."""
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    content = _fill(yaml.safe_load(text), variables)
    return {name: Service(name, definition) for name, definition in content["services"].items()}


def variables_used() -> set[str]:
    """Names of all variables that the file asks for."""
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    return {found["name"] for found in VARIABLE.finditer(text) if found["name"]}


def example_variables() -> dict[str, str]:
    """What ``.env.example`` sets, empty values included."""
    lines = (ROOT / ".env.example").read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def texts(value: object) -> Iterator[str]:
    """All texts in a tree."""
    if isinstance(value, Mapping):
        for part in value.values():
            yield from texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from texts(part)
    else:
        yield str(value)


def _fill(value: Any, variables: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _fill(part, variables) for name, part in value.items()}
    if isinstance(value, list):
        return [_fill(part, variables) for part in value]
    return VARIABLE.sub(lambda found: _value(found, variables), value) if isinstance(value, str) else value


def _value(found: re.Match[str], variables: Mapping[str, str]) -> str:
    name, kind, rest = found["name"], found["kind"], found["rest"]
    if name is None:
        return "$"
    if given := variables.get(name):
        return given
    if kind == "?":
        raise NotSet(f"{name} {rest}")
    return rest or ""
