"""Settings of the exchange with other areas: who they are, which keys count, and how long each step may take."""

from __future__ import annotations

import base64
import binascii
from datetime import date
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def origin(url: str) -> str:
    """An address without path; in clear only on this machine."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ValueError("write an address such as https://levy.example:8443, without a path")
    if parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise ValueError("people's data cross this wire: use https, except on this very machine")
    return url.rstrip("/")


class PeerKey(_Strict):
    """A key that a peer may sign with: an ed25519 public key, or the id of a shared secret."""

    id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
    algorithm: Literal["ed25519", "hmac-sha256"]
    public: str | None = None
    until: date | None = None

    @model_validator(mode="after")
    def _complete(self) -> PeerKey:
        if (self.algorithm == "ed25519") != (self.public is not None):
            raise ValueError("an ed25519 key has its public half here; a shared secret never stands in the settings")
        if self.public is not None and len(self.public_bytes) != 32:
            raise ValueError("the public half of an ed25519 key is 32 bytes, in base64")
        return self

    @property
    def public_bytes(self) -> bytes:
        """The public half; empty for a shared secret."""
        try:
            return base64.b64decode(self.public or "", validate=True)
        except binascii.Error:
            return b""


class Peer(_Strict):
    """Another area's installation: where it listens, what it may sign with, what we sign with towards it."""

    name: str
    url: str
    keys: tuple[PeerKey, ...] = Field(min_length=1)
    sign_with: str

    _url = field_validator("url")(origin)


class Door(_Strict):
    """Where our own side of the wire is: the address peers know us by, and what we listen on."""

    url: str = "http://127.0.0.1:8423"
    host: str = "127.0.0.1"
    port: int = Field(default=8423, ge=0, le=65535)
    window_seconds: int = Field(default=300, ge=1, le=3600)

    _url = field_validator("url")(origin)


class StepDays(_Strict):
    """How many days the side whose turn it is has for its step."""

    answer: int = Field(default=10, ge=1)
    pay: int = Field(default=30, ge=1)
    review: int = Field(default=10, ge=1)
    refund: int = Field(default=30, ge=1)
    close: int = Field(default=5, ge=1)
