"""Replies of the treasury, read and checked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast, get_args

from adapters.http import InvalidReply
from adapters.replies import amount_fault, decode
from adapters.rows import OrderState, ReturnCode
from adapters.words import is_day, is_sequence, is_word

_RETURN_CODES = get_args(ReturnCode)
_MEMBERS = frozenset(OrderState.__annotations__)


def outcome_fits(outcome: object, code: object) -> bool:
    """Whether outcome and code make a payment, or a return by the bank."""
    return (outcome == "paid" and code is None) or (outcome == "returned" and code in _RETURN_CODES)


def result_fault(row: dict[str, Any]) -> str | None:
    """What is wrong with a result row, as a sentence; ``None`` when it can be booked."""
    if "code" not in row:
        return "it does not say with which code, nor that there is none"
    if (fault := amount_fault(row.get("amount"))) is not None:
        return fault
    for name in ("reference", "order_no"):
        if not is_word(row.get(name)):
            return f"its {name} is not a short text"
    if not is_sequence(row.get("sequence")):
        return "its sequence is not a positive number"
    if not outcome_fits(row.get("outcome"), row.get("code")):
        return "its outcome and code make neither a payment nor a return"
    return None if is_day(row.get("executed_on")) else "its executed_on is not a date"


def order_states(references: Sequence[str]) -> Callable[[bytes], list[OrderState]]:
    """A reader of the states of ``references``, which must come in the order asked."""

    def parse(reply: bytes) -> list[OrderState]:
        states = decode(reply).get("states")
        if not isinstance(states, list) or not all(isinstance(state, dict) for state in states):
            raise InvalidReply("its states are not a list of rows")
        if [state.get("reference") for state in states] != list(references):
            raise InvalidReply("its states are not those of the references that were asked for")
        for state in states:
            if not _state_fits(state):
                raise InvalidReply(f"its state of {state['reference']} is none that we know")
        return cast("list[OrderState]", states)

    return parse


def _state_fits(state: dict[str, Any]) -> bool:
    if not state.keys() >= _MEMBERS:
        return False
    if state["state"] == "unknown":
        return all(state[name] is None for name in _MEMBERS - {"reference", "state"})
    if amount_fault(state.get("amount")) is not None or not is_word(state.get("fund")):
        return False
    if type(state.get("purpose")) is not str:
        return False
    if state.get("state") == "open":
        return state.get("code") is None and state.get("executed_on") is None
    return outcome_fits(state.get("state"), state.get("code")) and is_day(state.get("executed_on"))
