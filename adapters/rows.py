"""The shapes of the rows that cross a port in bulk: plain dicts, documented here, never a model object per row.

Money is integer fen. Dates are ISO 8601 texts, periods ``YYYYMM``, areas six-digit codes.
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from policies.money import Fen

PaymentChannel = Literal["app", "pos", "bank_counter", "college_virtual_account", "sponsor"]
PaymentKind = Literal["payment", "reversal", "refund"]
ReturnCode = Literal["account_missing", "account_closed", "name_mismatch"]
DueStateWord = Literal["open", "paid", "voided", "rejected", "reversed", "refunded", "unknown"]
CollectionType = Literal["normal", "supplement"]
"""Wire words of ``clct_type``: 正常 10, 补收 30."""
SpecialType = Literal["newborn", "late", "full_funding", "supplement", "other"]


class Special(TypedDict):
    """What a due of the special channel (特殊缴费) rests on: the serial of its notice, and its type."""

    notice_no: str
    type: SpecialType


class DueRow(TypedDict):
    """One amount due, as it is presented to the tax system."""

    reference: str
    """Ours, unique for ever: the due detail number that everything later refers to."""
    person_no: str
    name: str
    cert_type: str
    """Wire code ``psn_cert_type``: ``01`` identity card, ``04``-``06`` Hong Kong, Macao, Taiwan, ``07``, ``17``."""
    cert_no: str
    person_type: str
    """Wire code ``psn_type``: 1401 newborn, 1402 preschool, 1403 pupil, 1404 college, 1501 adult, 16 elderly."""
    town: str
    insurance: str
    """Wire code: ``390`` resident medical, ``410`` long-term care."""
    amount: Fen
    payer: Literal["person", "sponsor"]
    sponsor: str | None
    """The funding source that pays in the person's stead; null when the person pays."""
    period_begin: str
    period_end: str
    deadline: str
    """The last day on which this amount may be paid."""
    channel: Literal["ordinary", "special", "college"]
    collection_type: CollectionType
    special: Special | None
    """Given just when the channel is ``special``."""
    collector: str | None
    """Who collects at the payer's school (学校代收): the area code of the school; null without one."""
    supersedes: str | None
    """The reference of the voided due that this one replaces."""


class VoidRow(TypedDict):
    """One due to be withdrawn before it is paid."""

    reference: str
    reason: str


class SponsorRow(TypedDict):
    """One due that a department pays in the person's stead; it was accepted earlier with ``payer: sponsor``."""

    reference: str
    person_no: str
    amount: Fen


class RefundRow(TypedDict):
    """One refund to be carried out by tax (退库): a wrong collection goes back the way it came."""

    reference: str
    """Ours of the refund, unique for ever."""
    due_reference: str | None
    """The reference under which the money came; null for a line that came without one."""
    voucher_no: str
    line: int
    amount: Fen
    reason: str


class DueState(TypedDict):
    """What the tax system holds for one reference now."""

    reference: str
    state: DueStateWord
    amount: Fen | None
    paid: Fen | None
    """The sum received and neither reversed nor refunded; null where the reference is unknown."""
    voucher_no: str | None
    number: str | None
    """Its own number for the due; null where it was rejected."""
    person_no: str | None
    insurance: str | None
    """Wire code."""
    sponsor: str | None
    deadline: str | None


class PaymentRow(TypedDict):
    """One line of a voucher: a payment, or the reversal or refund of one, in the order in which tax booked them.

    Voucher and line together name it. ``reference`` and ``person_no`` are null for what a school handed in beyond its
    list.
    """

    sequence: int
    voucher_no: str
    """Electronic tax voucher number (电子税票号)."""
    line: int
    """Number of the line within its voucher, from 1; of a reversal or refund, that of the line which it undoes."""
    reference: str | None
    person_no: str | None
    amount: Fen
    """Always positive; ``kind`` says which way the money went."""
    channel: PaymentChannel
    paid_at: str
    """Timestamp with offset +08:00."""
    treasury_received_on: str | None
    kind: PaymentKind
    reverses: str | None
    """The voucher that a reversal undoes, or whose line is refunded."""
    refund: str | None
    """Our reference of the refund that was carried out; null for the other kinds."""


class StatementRow(TypedDict):
    """One line of the daily statement, read; ``file_line`` is its number in the file, the header being line 1."""

    file_line: int
    tax_date: str
    voucher_no: str
    line: int
    """The line within the voucher, as in :class:`PaymentRow`."""
    reference: str | None
    person_no: str | None
    insurance: str
    period: str
    """``YYYYMM-YYYYMM``."""
    area: str
    amount: Fen
    channel: PaymentChannel
    kind: PaymentKind


class OrderRow(TypedDict):
    """One payment order to the treasury."""

    reference: str
    payee_name: str
    account_no: str
    bank: str | None
    fund: str
    """The funding source whose money it is."""
    amount: Fen
    purpose: str


class OrderState(TypedDict):
    """What the treasury holds for one reference now; the rest is null where the reference is unknown."""

    reference: str
    state: Literal["open", "paid", "returned", "unknown"]
    amount: Fen | None
    fund: str | None
    purpose: str | None
    code: ReturnCode | None
    executed_on: str | None


class OrderResult(TypedDict):
    """What became of one accepted order."""

    sequence: int
    reference: str
    order_no: str
    amount: Fen
    outcome: Literal["paid", "returned"]
    code: ReturnCode | None
    """Why the bank returned it; null when it was paid."""
    executed_on: str
    text: NotRequired[str | None]


class ExecutedRow(TypedDict):
    """One line of the treasury's daily statement, read; ``file_line`` is its number in the file, the header being 1."""

    file_line: int
    executed_on: str
    reference: str
    order_no: str
    area: str
    fund: str
    """The funding source whose money it is."""
    amount: Fen
    outcome: Literal["paid", "returned"]
    code: ReturnCode | None
