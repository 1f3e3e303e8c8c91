"""What the house asks of the tax system and of the treasury, and every way in which they may fail to answer.

A write crosses a port as ``key`` and exact ``body`` bytes, which the caller has committed before the call, so that a
repeat is byte-identical. The far side answers a repeated key with its stored reply; a key with other bytes is refused.
The encoders are pure. Bulk rows are plain dicts (:mod:`adapters.rows`). Money is integer fen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, NamedTuple, Protocol, Self

from adapters.rows import DueState, ExecutedRow, OrderState, StatementRow
from policies.money import Fen

Rows = Sequence[Mapping[str, Any]]


MOST_DAYS = 62
"""Days of statements that may be asked for at once."""


class NeighbourError(Exception):
    """A neighbour did not do what was asked; the subclass says what that means for our next step.

    ``cause`` is a word to count failures by, ``status`` the HTTP status if there was one, and ``ailing`` says whether
    it is a sign that the neighbour itself is not well. ``neighbour`` is its name at the gate, where it has one.
    """

    cause = "neighbour"
    status: int | None = None
    neighbour: str | None = None
    ailing = False

    def because(self, cause: str, status: int | None = None, ailing: bool = False) -> Self:
        """This failure with the facts about it; returns itself."""
        self.cause, self.status, self.ailing = cause, status, ailing
        return self


class Unavailable(NeighbourError):
    """Surely nothing was applied: try again later, after ``retry_after`` seconds where the neighbour named a time."""

    cause = "unavailable"

    def __init__(self, text: str, retry_after: float | None = None) -> None:
        super().__init__(text)
        self.retry_after = retry_after


class ShutOff(Unavailable):
    """Nobody was asked: the neighbour has not answered for a while and is left in peace for ``retry_after`` seconds."""

    cause = "shut_off"


class Refused(NeighbourError):
    """A final no to the whole request: repeating it as it is will not help, somebody has to look."""

    cause = "refused"

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(f"{text} (HTTP {status}, {code})")
        self.status, self.code, self.text = status, code, text


class KeyConflict(NeighbourError):
    """The neighbour already holds this key with another payload: nothing was applied, and it must never be forced."""

    cause = "key_conflict"

    def __init__(self, key: str, text: str) -> None:
        super().__init__(text)
        self.key = key


class OutcomeUnknown(NeighbourError):
    """The request left and no clear reply came: ask by ``reference`` (the key), then repeat the same key and bytes."""

    cause = "no_answer"

    def __init__(self, reference: str, text: str) -> None:
        super().__init__(text)
        self.reference = reference


class NotYetAnswered(NeighbourError):
    """The neighbour has the request and its answer has not come: nothing failed, ask by ``reference`` (the key) later.

    It may take days where files are exchanged; ``retry_after``: seconds until it is worth asking again.
    """

    cause = "not_yet"

    def __init__(self, reference: str, text: str, retry_after: float) -> None:
        super().__init__(text)
        self.reference, self.retry_after = reference, retry_after


class Acknowledgement(NamedTuple):
    """What the far side made of one row of a batch, in the order in which the rows were sent."""

    reference: str
    accepted: bool
    number: str | None
    """Its own number for the row (tax due number, treasury order number); null when it was rejected."""
    code: str | None
    """Why the row was rejected: final for this row, the other rows go on."""
    text: str | None


VoidOutcome = Literal["voided", "already_voided", "already_paid", "unknown_reference"]


class VoidResult(NamedTuple):
    """What became of one withdrawal. After ``already_paid`` only a reversal or a refund can undo the due."""

    reference: str
    outcome: VoidOutcome


class Malformed(NamedTuple):
    """A row of a page that cannot be trusted, kept as it came for the quarantine. The rest of the page stands."""

    raw: str
    reason: str
    waits_for: int | None = None
    """The refund case that has to end before the row can be booked."""


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of a feed. ``next_cursor`` is where to go on, also when ``more`` is false (then: later)."""

    items: list[dict[str, Any]]
    next_cursor: str
    more: bool
    malformed: list[Malformed] = field(default_factory=list)
    whole_before: date | None = None
    """The day before which nothing more will come than up to this page; null: nothing is missing up to now."""


class BadLine(NamedTuple):
    """A line of a statement that could not be read; the others can."""

    line: int
    field: str
    reason: str
    raw: str


@dataclass(frozen=True, slots=True)
class Statement:
    """A daily statement, read. ``problems`` are sentences on the file as a whole, such as a wrong trailer."""

    rows: list[StatementRow]
    bad: list[BadLine]
    count: int | None
    """Lines that the trailer claims; null without a readable trailer."""
    paid: Fen | None
    reversed: Fen | None
    """What the trailer claims was reversed or refunded."""
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TreasuryStatement:
    """The treasury's daily statement, read. ``problems`` are sentences on the file as a whole."""

    rows: list[ExecutedRow]
    bad: list[BadLine]
    problems: tuple[str, ...]


class MonthTotal(NamedTuple):
    """What a neighbour booked in one month in one area under one heading."""

    area: str
    kind: str
    """Tax: ``payment``, ``reversal`` and their like. Treasury: ``paid`` or ``returned``."""
    fund: str
    """The funding source at the treasury; empty at tax."""
    lines: int
    amount: Fen


class TaxPort(Protocol):
    """The tax authority's levy system.

    Writes raise ``Unavailable``, ``Refused``, ``KeyConflict``, ``OutcomeUnknown`` or ``NotYetAnswered``. Reads raise
    ``Unavailable`` only; asking for a key raises what a write raises, ``KeyConflict`` when the far side holds the key
    with other bytes than ours.
    """

    gives_totals: bool
    """Whether it gives the totals of months at all."""

    def encode_due_batch(self, key: str, area: str, insured_year: int, rows: Rows) -> bytes:
        """The bytes of a batch of :class:`adapters.rows.DueRow`, at most 5,000 rows."""

    def submit_dues(self, key: str, body: bytes) -> list[Acknowledgement]:
        """Present amounts due; one acknowledgement a row."""

    def ask_due_batch(self, key: str, body: bytes) -> list[Acknowledgement] | None:
        """The acknowledgements of an earlier batch; ``None``: never seen there. ``body`` is compared, not sent."""

    def due_states(self, references: Sequence[str]) -> list[DueState]:
        """What the tax system holds for each reference, in the order asked, at most 5,000 references."""

    def encode_void_batch(self, key: str, area: str, rows: Rows) -> bytes:
        """The bytes of a batch of :class:`adapters.rows.VoidRow`."""

    def void_dues(self, key: str, body: bytes) -> list[VoidResult]:
        """Withdraw dues that are not paid yet (作废)."""

    def ask_void_batch(self, key: str, body: bytes) -> list[VoidResult] | None:
        """The results of an earlier void batch, or ``None``."""

    def encode_sponsor_declaration(self, key: str, area: str, insured_year: int, sponsor: str, rows: Rows) -> bytes:
        """The bytes of a department's roster of :class:`adapters.rows.SponsorRow`; ``sponsor``: the funding source."""

    def declare_sponsor(self, key: str, body: bytes) -> list[Acknowledgement]:
        """A department pays for those it fully assists (代缴); the payments follow in the feed, channel ``sponsor``."""

    def ask_sponsor_declaration(self, key: str, body: bytes) -> list[Acknowledgement] | None:
        """The acknowledgements of an earlier declaration, or ``None``."""

    def encode_refund_batch(self, key: str, area: str, rows: Rows) -> bytes:
        """The bytes of a batch of :class:`adapters.rows.RefundRow`."""

    def submit_refunds(self, key: str, body: bytes) -> list[Acknowledgement]:
        """Order refunds of wrong collections (退库). An accepted one is carried out later and then in the feed."""

    def ask_refund_batch(self, key: str, body: bytes) -> list[Acknowledgement] | None:
        """The acknowledgements of an earlier refund batch, or ``None``."""

    def payments(self, cursor: str | None, limit: int) -> Page:
        """The next :class:`adapters.rows.PaymentRow`: payments, reversals, refunds; ``None`` starts at the first."""

    def statements(self, first: date, last: date) -> dict[date, bytes]:
        """The statement files of at most ``MOST_DAYS`` days, byte for byte: in order, without a gap, and as many as one
        reply holds. They end before the first day that is not issued; none: that is ``first`` itself."""

    def read_statement(self, body: bytes) -> Statement:
        """The file read into rows and bad lines; never raises."""

    def monthly(self, month: date) -> list[MonthTotal] | None:
        """The totals of the month that begins on this day; ``None``: not closed yet, or never given."""

    def close(self) -> None:
        """Give back the connections."""


class TreasuryPort(Protocol):
    """The treasury that pays assistance out to bank accounts. Failures as for :class:`TaxPort`."""

    gives_totals: bool
    """Whether it gives the totals of months at all."""

    def encode_orders(self, key: str, area: str, rows: Rows) -> bytes:
        """The bytes of a batch of :class:`adapters.rows.OrderRow`, at most 5,000 rows."""

    def submit_orders(self, key: str, body: bytes) -> list[Acknowledgement]:
        """Order payments; one acknowledgement a row. An accepted order is carried out later: see :meth:`results`."""

    def ask_orders(self, key: str, body: bytes) -> list[Acknowledgement] | None:
        """The acknowledgements of an earlier batch, or ``None``."""

    def order_states(self, references: Sequence[str]) -> list[OrderState]:
        """What the treasury holds for each reference, in the order asked, at most 5,000 references."""

    def results(self, cursor: str | None, limit: int) -> Page:
        """The next executed orders (:class:`adapters.rows.OrderResult`) after ``cursor``."""

    def statements(self, first: date, last: date) -> dict[date, bytes]:
        """The files of the orders executed on these days, as :meth:`TaxPort.statements`."""

    def read_statement(self, body: bytes) -> TreasuryStatement:
        """The file read into rows and bad lines; never raises."""

    def monthly(self, month: date) -> list[MonthTotal] | None:
        """The totals of the month that begins on this day; ``None``: not closed yet, or never given."""

    def close(self) -> None:
        """Give back the connections."""
