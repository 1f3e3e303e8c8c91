"""What taking in one file came to."""

from __future__ import annotations

from dataclasses import dataclass, field

from worker.audit.log import Event


@dataclass
class Merged:
    """What the good rows of a file did to the roster.

    ``refused`` are lines that contradict the roster, with the reason code; they count among the quarantined.
    """

    added: int = 0
    changed: int = 0
    refused: dict[int, str] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
