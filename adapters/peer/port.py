"""What the house asks of another area's installation, and what it may answer.

A case is one history that both sides hold. The side whose turn it is offers the history with its new step; the other
takes what it lacks. Whoever was put back to an earlier state so gets the missing steps with the next message.
Failures are those of :mod:`adapters.ports`: an ``OutcomeUnknown`` is asked for by key before it is repeated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from adapters.peer.history import Head, History


class Taken(NamedTuple):
    """The other side holds the history now, up to ``head``."""

    case: str
    head: Head


class Ahead(NamedTuple):
    """The other side did not take it: it holds steps that we lack, and here is what it holds."""

    history: History


class Notice(NamedTuple):
    """Somebody who is enrolled with us and may be enrolled with the peer too.

    ``months``: of continuous cover, None: not known.
    """

    cert_type: str
    cert_no: str
    scheme: str
    insured_year: int
    since: str
    months: int | None
    as_student: bool
    flexible_employment: bool


class PeerPort(Protocol):
    """One peer. Writes raise all failures of :mod:`adapters.ports`, reads ``Unavailable`` only."""

    def encode_offer(self, history: History) -> bytes:
        """The bytes of a history that is offered."""

    def offer(self, key: str, body: bytes) -> Taken | Ahead:
        """Offer a history; the peer takes the steps that it lacks."""

    def ask_offer(self, key: str, body: bytes) -> Taken | None:
        """The reply to an earlier offer; None: never seen there. ``body`` is compared, not sent."""

    def case(self, case: str) -> History | None:
        """A case as the peer holds it; None: it does not know it."""

    def heads(self, cases: Sequence[str]) -> Mapping[str, Head]:
        """How far the peer's history of each of these cases goes; (0, "") for one that it does not know."""

    def encode_notices(self, notices: Sequence[Notice]) -> bytes:
        """The bytes of a batch of notices, at most 1,000."""

    def notify(self, key: str, body: bytes) -> int:
        """Tell who is enrolled here; returns how many notices the peer took."""

    def ask_notices(self, key: str, body: bytes) -> int | None:
        """The reply to an earlier batch of notices, or None."""

    def encode_anchors(self, heads: Sequence[Mapping[str, Any]]) -> bytes:
        """The bytes of heads of our audit chains, at most 1,000."""

    def anchor(self, key: str, body: bytes) -> int:
        """Give heads of our audit chains to the peer to keep; returns how many it took."""

    def ask_anchors(self, key: str, body: bytes) -> int | None:
        """The reply to an earlier batch of heads, or None."""

    def kept_anchors(self, chain: str, after: int) -> Sequence[Mapping[str, Any]]:
        """Heads of our chain that the peer keeps, of more than ``after`` events: at most 1,000, the shortest first."""

    def close(self) -> None:
        """Give back the connections."""
