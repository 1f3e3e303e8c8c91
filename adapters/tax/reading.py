"""Replies of the tax system, read and checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast, get_args

from adapters.http import InvalidReply
from adapters.ports import Page, VoidOutcome, VoidResult
from adapters.replies import LARGEST_AMOUNT, amount_fault, decode, in_order_sent, page
from adapters.rows import DueState, DueStateWord, PaymentChannel, PaymentRow
from adapters.words import is_day, is_reference, is_sequence, is_word

# Tuples, since a set would stumble over a list or an object in the place of a word.
_CHANNELS = get_args(PaymentChannel)
_VOID_OUTCOMES = get_args(VoidOutcome)
_STATES = get_args(DueStateWord)
_COLLECTED: PaymentChannel = "college_virtual_account"
_ABOUT = ("number", "person_no", "insurance", "sponsor", "deadline")
_STATE_MEMBERS = frozenset(DueState.__annotations__)
_PAYMENT_MEMBERS = frozenset(PaymentRow.__annotations__)
LARGEST_LINE = 32_767
"""Of one voucher; a school with more students hands in several."""


def void_results(key: str, body: bytes) -> Callable[[bytes], list[VoidResult]]:
    """A reader of the reply to a void batch: one result for each row, in the order sent."""

    def parse(reply: bytes) -> list[VoidResult]:
        rows = in_order_sent(key, body, reply, "results")
        for row in rows:
            if row.get("outcome") not in _VOID_OUTCOMES:
                raise InvalidReply(f"its outcome for {row['reference']} is none that we know")
        return [VoidResult(row["reference"], row["outcome"]) for row in rows]

    return parse


def due_states(references: Sequence[str]) -> Callable[[bytes], list[DueState]]:
    """A reader of the states of ``references``, which must come in the order asked."""

    def parse(reply: bytes) -> list[DueState]:
        states = decode(reply).get("states")
        if not isinstance(states, list) or not all(isinstance(state, dict) for state in states):
            raise InvalidReply("its states are not a list of rows")
        if [state.get("reference") for state in states] != list(references):
            raise InvalidReply("its states are not those of the references that were asked for")
        for state in states:
            if not is_state(state):
                raise InvalidReply(f"its state of {state['reference']} is none that we know")
        return cast("list[DueState]", states)

    return parse


def is_state(state: Mapping[str, Any]) -> bool:
    """Whether all that it says of one due can be said of one."""
    if not state.keys() >= _STATE_MEMBERS or state["state"] not in _STATES:
        return False
    words = all(state[name] is None or is_word(state[name]) for name in _ABOUT)
    deadline = state["deadline"] is None or is_day(state["deadline"])
    return words and deadline and _is_sum(state["amount"]) and _is_sum(state["paid"])


def payment_page(reply: bytes, cursor: str | None) -> Page:
    """A page of payments, reversals and refunds."""
    return page(reply, cursor, payment_fault)


def payment_fault(row: dict[str, Any]) -> str | None:
    """What is wrong with a payment row, as a sentence; ``None`` when it can be booked."""
    get = row.get
    if not row.keys() >= _PAYMENT_MEMBERS:
        return "it has not all members of a payment row"
    if (fault := amount_fault(get("amount"))) is not None:
        return fault
    if not is_word(get("voucher_no")):
        return "its voucher_no is not a short text"
    if type(get("line")) is not int or not 1 <= row["line"] <= LARGEST_LINE:
        return f"its line is not a number from 1 to {LARGEST_LINE}"
    if not is_nobodys(get("reference"), get("person_no"), get("channel")):
        for name in ("reference", "person_no"):
            if not is_reference(get(name)):
                return f"its {name} is not a short text, or has the form of an identity number"
    if not is_sequence(get("sequence")):
        return "its sequence is not a positive number"
    if get("channel") not in _CHANNELS:
        return "its channel is not known"
    if not _is_kind(get("kind"), get("reverses"), get("refund")):
        return "its kind and what it undoes make neither a payment nor a reversal nor a refund"
    return _time_fault(get("paid_at"), get("treasury_received_on"))


def is_nobodys(reference: object, person_no: object, channel: object) -> bool:
    """Whether a line rightly names nobody: what a school handed in beyond its list."""
    return reference is None and person_no is None and channel == _COLLECTED


def _is_kind(kind: object, reverses: object, refund: object) -> bool:
    if kind == "payment":
        return reverses is None and refund is None
    if kind == "reversal":
        return is_word(reverses) and refund is None
    return kind == "refund" and is_word(reverses) and is_reference(refund)


def _time_fault(paid_at: object, received: object) -> str | None:
    try:
        sound = (
            type(paid_at) is str
            and paid_at.endswith("+08:00")
            and is_day(paid_at[:10])
            and datetime.fromisoformat(paid_at).isoformat() == paid_at
        )
    except ValueError:
        sound = False
    if not sound:
        return "its paid_at is not a time such as 2020-09-01T10:00:00+08:00"
    if received is not None and not is_day(received):
        return "its treasury_received_on is not a date"
    return None


def _is_sum(amount: object) -> bool:
    return amount is None or (type(amount) is int and 0 <= amount <= LARGEST_AMOUNT)
