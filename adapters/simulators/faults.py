"""Faults to order: what a neighbour may do wrong, when, and how often. Seeded, so that a run can be repeated."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

BEFORE_EFFECT = frozenset(
    ("timeout_before_effect", "error_before_effect", "too_many_requests", "unavailable", "bad_gateway")
)
"""The request has no effect."""
AFTER_EFFECT = frozenset(("timeout_after_effect", "error_after_effect", "gateway_timeout"))
"""The request has its effect, the reply does not say so."""
DAMAGED_REPLY = frozenset(("cut_body", "drip", "invalid_json", "endless_body"))
"""The request has its effect, the reply is damaged on the way."""
FALSE_REPLY = frozenset(("missing_acknowledgement", "foreign_acknowledgement", "duplicate_line", "malformed_line"))
"""The reply is well formed and says something else than what happened."""
FALSE_BOOK = frozenset(
    (
        "wrong_amount",
        "double_payment",
        "collection_short",
        "collection_over",
        "late_statement",
        "statement_missing_line",
        "statement_extra_line",
        "statement_altered_line",
        "statement_wrong_total",
        "statement_bad_line",
        "statement_late_line",
        "monthly_wrong_total",
    )
)
"""What is booked or stated is itself wrong. Ordered for the operations ``pay``, ``statement`` and ``monthly``."""
FALSE_FILE = frozenset(
    (
        "result_late",
        "result_split",
        "result_repeated",
        "result_wrong_total",
        "result_unknown_row",
        "result_foreign_payload",
        "result_cut",
        "payments_late",
        "payments_wrong_total",
    )
)
"""What is wrong with a file in the drop directory. Ordered for the operation answered, or ``payments``."""
KINDS = BEFORE_EFFECT | AFTER_EFFECT | DAMAGED_REPLY | FALSE_REPLY | FALSE_BOOK | FALSE_FILE


class UnknownFault(ValueError):
    """A fault was ordered that the simulator does not know, or with details that make no sense."""


@dataclass(slots=True)
class Fault:
    """One fault to order. ``operation`` is an operationId, ``pay`` for the payers, or ``*`` for every request.

    It strikes ``count`` times (null: without end), each time with ``probability``, after ``skip`` requests went by.
    """

    kind: str
    operation: str = "*"
    count: int | None = 1
    probability: float = 1.0
    skip: int = 0
    seconds: float = 30.0
    """How long a timeout holds the line."""
    days: int = 3
    """How long a late statement or file stays away; a file with 0 days for ``seconds``."""
    retry_after: str | None = None
    """The ``Retry-After`` of 429 and 503 as it is sent: seconds, a date, or rubbish."""
    delta: int = -100
    """What a wrong amount differs by, in fen; a college's deposit is short or over by it without its sign."""
    adds_up: bool = False
    """Whether the trailer of a wrong statement goes with its lines, so that nothing tells that the file is wrong."""


@dataclass(slots=True)
class FaultPlan:
    """The faults that are ordered now, and how often each kind struck so far."""

    seed: int
    faults: list[Fault] = field(default_factory=list)
    struck: dict[str, int] = field(default_factory=dict)
    _rng: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._rng = random.Random(f"faults|{self.seed}")  # noqa: S311 - a repeatable run, no secret

    def order(self, wanted: Mapping[str, Any]) -> None:
        """Order one fault. Raises ``UnknownFault`` with a sentence."""
        unknown = wanted.keys() - {known.name for known in fields(Fault)}
        if unknown or wanted.get("kind") not in KINDS:
            raise UnknownFault(f"No such fault: {dict(wanted)!r}. Kinds: {', '.join(sorted(KINDS))}.")
        fault = Fault(**wanted)
        sound = (fault.count is None or type(fault.count) is int) and type(fault.skip) is type(fault.delta) is type(
            fault.days
        ) is int
        if not sound or not isinstance(fault.probability, int | float) or not isinstance(fault.seconds, int | float):
            raise UnknownFault(f"A fault with details that are no numbers: {dict(wanted)!r}.")
        self.faults.append(fault)

    def clear(self) -> None:
        """Order nothing more."""
        self.faults.clear()

    def take(self, operation: str, among: frozenset[str]) -> Fault | None:
        """The fault that strikes this request, if one of the kinds ``among`` does."""
        for fault in self.faults:
            if fault.kind not in among or fault.operation not in (operation, "*") or fault.count == 0:
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            if fault.probability < 1.0 and self._rng.random() >= fault.probability:
                continue
            if fault.count is not None:
                fault.count -= 1
            self.struck[fault.kind] = self.struck.get(fault.kind, 0) + 1
            return fault
        return None
