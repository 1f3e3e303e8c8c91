"""What one installation runs with: the defaults, what its home says of its area, LEVY_CONFIG, then LEVY_* variables."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from config.peers import Door, Peer, StepDays, origin
from config.yaml_text import read_yaml


class SettingsError(Exception):
    """A setting is missing, unknown or out of range; the message names it and where it was read."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Neighbour(_Strict):
    """How long to wait for a neighbour: to connect, and for the whole reply; and how much all workers ask of it.

    While ``slow_calls`` calls have lasted longer than ``slow_seconds``, no further one begins.
    """

    connect_seconds: float = Field(gt=0, le=30)
    read_seconds: float = Field(gt=0, le=120)
    calls_per_second: float = Field(default=0, ge=0)
    slow_seconds: float = Field(default=5, gt=0)
    slow_calls: int = Field(default=1, ge=1)


class Tax(Neighbour):
    """How the tax side is spoken to: over HTTP, or by files in a drop directory; the waits are in seconds."""

    kind: Literal["http", "files"]
    wait_seconds: float = Field(ge=0, le=60)
    poll_seconds: float = Field(gt=0)
    settle_seconds: float = Field(ge=0)


class Crypto(_Strict):
    """What new keys are for: the cipher of personal data, and the hash of the index and of the audit log.

    A key that is in use keeps its own; `levy keys rotate` goes over to a new one.
    """

    cipher: Literal["aes-256-gcm", "sm4-gcm"] = "aes-256-gcm"
    hash: Literal["hmac-sha-256", "hmac-sm3"] = "hmac-sha-256"


class Audit(_Strict):
    """Where heads of the audit chains are kept outside the database: a file that is only appended to."""

    anchor_file: Path | None = None


class Retention(_Strict):
    """How long things are kept. Nothing is removed by itself but old log files of the home, each of ``log_mib``.

    ``logs_days``: at least six months (网络安全法, article 21). ``events_years``: of the audit log, in the table; what
    is older may be removed once it was exported. ``vouchers_years``: payments, postings and statements
    (会计档案管理办法: 30 years); the service never removes them.
    """

    logs_days: int = Field(default=184, ge=184)
    log_mib: int = Field(default=64, ge=1)
    events_years: int = Field(default=30, ge=3)
    vouchers_years: int = Field(default=30, ge=30)


class Breaker(_Strict):
    """When a neighbour that does not answer is left in peace: after so many failures in a row; for how many seconds."""

    failures: int = Field(ge=1, le=1000)
    seconds: float = Field(gt=0)
    longest_seconds: float = Field(gt=0)


class Api(_Strict):
    """The machine door: where it listens, and how often one key may call in a minute.

    ``behind_proxy``: something in front of it ends TLS and lets nothing else in; without it, only this machine is
    listened to.
    """

    host: str = "127.0.0.1"
    port: int = Field(default=8424, ge=0, le=65535)
    calls_a_minute: int = Field(default=120, ge=1, le=100_000)
    behind_proxy: bool = False


class Console(_Strict):
    """The console for people: the address that browsers know it by, what it listens on, how long a session lasts.

    ``url``: null is this machine alone, in clear. ``proxies``: addresses of what ends TLS in front, which tells whose
    request it is. ``notice_texts``: where the official texts lie whose clauses the pages cite, as ``NOTICE.txt``.
    """

    url: str | None = None
    host: str = "127.0.0.1"
    port: int = Field(default=8425, ge=1, le=65535)
    proxies: tuple[str, ...] = ()
    idle_minutes: float = Field(default=20, gt=0, le=24 * 60)
    hours: float = Field(default=10, gt=0, le=24)
    notice_texts: Path | None = None

    @field_validator("url")
    @classmethod
    def _url(cls, url: str | None) -> str | None:
        return None if url is None else origin(url)

    @property
    def address(self) -> str:
        """Where a browser finds it."""
        return self.url or f"http://127.0.0.1:{self.port}"


class Metrics(_Strict):
    """Where Prometheus asks each kind of process, on a port of its own; null: nowhere."""

    host: str = "127.0.0.1"
    worker: int | None = Field(default=None, ge=1, le=65535)
    beat: int | None = Field(default=None, ge=1, le=65535)
    api: int | None = Field(default=None, ge=1, le=65535)
    console: int | None = Field(default=None, ge=1, le=65535)


class LocalChange(_Strict):
    """Parameters of the area that replace ``local`` from a day on, such as when it goes over from gross to net levy."""

    since: date
    file: Path


class Schedule(_Strict):
    """Seconds between two ticks of each kind of scheduled work."""

    intake: float = Field(gt=0)
    assess: float = Field(gt=0)
    sponsor: float = Field(gt=0)
    pull_payments: float = Field(gt=0)
    disburse: float = Field(gt=0)
    pull_results: float = Field(gt=0)
    duplicates: float = Field(gt=0)
    refunds: float = Field(gt=0)
    reconcile: float = Field(gt=0)
    funds: float = Field(gt=0)
    handoffs: float = Field(gt=0)
    anchor: float = Field(gt=0)
    keys: float = Field(gt=0)


class Settings(_Strict):
    """All settings; ``config/default.yaml`` says what each one means."""

    area: str = Field(pattern=r"^\d{6}$")
    insured_year: int = Field(ge=2000, le=2100)
    clock: Literal["system", "season"]
    local: Path | None = None
    local_changes: tuple[LocalChange, ...] = ()
    schedule: Schedule
    sweep_seconds: float = Field(gt=0)
    batch: int = Field(ge=1, le=5000)
    payments_page: int = Field(ge=1, le=10_000)
    lease_seconds: float = Field(gt=0)
    job_seconds: float = Field(gt=0, le=3000)
    nudge_grace_seconds: float = Field(ge=0)
    breaker: Breaker
    replay_alone: int = Field(ge=0, le=1000)
    tax: Tax
    treasury: Neighbour
    peer: Neighbour
    peers: dict[str, Peer] = Field(default_factory=dict)
    peer_door: Door = Door()
    api: Api = Api()
    console: Console = Console()
    metrics: Metrics = Metrics()
    handoff_days: StepDays = StepDays()
    workers: int = Field(ge=1, le=64)
    crypto: Crypto = Crypto()
    audit: Audit = Audit()
    retention: Retention = Retention()

    home: Path
    database_url: str | None = None
    broker_url: str | None = None
    tax_dir: Path | None = None
    tax_url: str = "http://127.0.0.1:8421"
    treasury_url: str = "http://127.0.0.1:8422"
    drop_dir: Path | None = None
    anchor_file: Path | None = None

    @property
    def embedded(self) -> bool:
        """Whether the servers are the ones that the wheels bring along."""
        return self.database_url is None

    @property
    def tax_drop(self) -> Path:
        """Where files are exchanged with a tax side that has no API."""
        return self.tax_dir or self.home / "tax-files"

    @property
    def anchors(self) -> Path:
        """The file that heads of the audit chains are appended to."""
        return self.anchor_file or self.audit.anchor_file or self.home / "audit-anchors.jsonl"

    @property
    def drop(self) -> Path:
        """Where the bureau drops its files."""
        return self.drop_dir or self.home / "drop"


PLACE = "place.yaml"
"""In the home: the area and insured year that its data are of, written by a season."""

_ENVIRONMENT = {
    "LEVY_HOME": "home",
    "LEVY_DATABASE_URL": "database_url",
    "LEVY_BROKER_URL": "broker_url",
    "LEVY_TAX_URL": "tax_url",
    "LEVY_TAX_DIR": "tax_dir",
    "LEVY_TREASURY_URL": "treasury_url",
    "LEVY_DROP_DIR": "drop_dir",
    "LEVY_ANCHOR_FILE": "anchor_file",
    "LEVY_AREA": "area",
    "LEVY_INSURED_YEAR": "insured_year",
    "LEVY_CLOCK": "clock",
    "LEVY_LOCAL": "local",
    "LEVY_WORKERS": "workers",
}


def load_settings(environment: Mapping[str, str] = os.environ, placed: bool = True) -> Settings:
    """The settings in force; with ``placed`` those of the home's own area and year, where it says which.

    Raises ``SettingsError`` with a sentence for each one that cannot be used.
    """
    own = _read(Path(file)) if (file := environment.get("LEVY_CONFIG")) else {}
    home = Path(environment.get("LEVY_HOME") or own.get("home") or _checkout() / ".levy")
    values = _read(Path(__file__).with_name("default.yaml")) | {"home": home}
    if placed and (home / PLACE).exists():
        values |= _read(home / PLACE)
    for name in ("tax", "treasury"):  # its own simulators listen where they could
        if (kept := home / f"{name}.port").exists():
            values[f"{name}_url"] = f"http://127.0.0.1:{kept.read_text('ascii').strip()}"
    values = _overlay(values, own)
    if port := environment.get("LEVY_API_PORT"):
        values = _overlay(values, {"api": {"port": port}})
    if kind := environment.get("LEVY_TAX_KIND"):
        values = _overlay(values, {"tax": {"kind": kind}})
    if port := environment.get("LEVY_CONSOLE_PORT"):
        values = _overlay(values, {"console": {"port": port}})
    values |= {name: environment[variable] for variable, name in _ENVIRONMENT.items() if environment.get(variable)}
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        places = "; ".join(f"{'.'.join(map(str, part['loc']))}: {part['msg']}" for part in error.errors())
        raise SettingsError(f"the settings cannot be used: {places}") from None


def _checkout() -> Path:
    """The checkout this code lies in, so that `levy` finds one home from every directory; else where it is called."""
    root = Path(__file__).resolve().parents[1]
    return root if (root / "pyproject.toml").exists() else Path.cwd()


def _read(path: Path) -> dict[str, Any]:
    try:
        content = read_yaml(path)
    except (OSError, yaml.YAMLError) as error:
        raise SettingsError(f"{path} cannot be read as settings: {error}") from None
    if not isinstance(content, dict):
        raise SettingsError(f"{path} holds no settings: write names with values, as in config/default.yaml")
    return content


def _overlay(below: dict[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for name, value in above.items():
        both = isinstance(value, Mapping) and isinstance(merged.get(name), Mapping)
        merged[name] = _overlay(merged[name], value) if both else value
    return merged
