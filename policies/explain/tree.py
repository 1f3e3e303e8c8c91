"""The tree of an explanation: what was decided, by which clause, from which facts, and what lost to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from policies.decision import Step, Verdict
from policies.rule import Bilingual, Reading


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact a rule looked at: its name in the question, what is known beside what the rule asks, and whether it fits.

    ``holds`` is ``None`` while the fact is not known.
    """

    name: str
    zh: str
    en: str
    holds: bool | None


@dataclass(frozen=True, slots=True)
class Followed:
    """A reading of a gap in the notice that a rule follows, and whether an office has still to confirm it."""

    id: str
    zh: str
    en: str
    to_be_confirmed: bool


@dataclass(frozen=True, slots=True)
class Node:
    """A rule that decided, lost or was noted: clauses, sentence, readings, facts, and what stands below it."""

    rule: str
    verdict: Verdict
    clauses: tuple[str, ...]
    zh: str
    en: str
    readings: tuple[Followed, ...] = ()
    facts: tuple[Fact, ...] = ()
    children: tuple[Node, ...] = ()

    def walk(self) -> Iterator[Node]:
        """This node and all below it, in order."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer in sentences, the facts that are missing, and the tree behind it."""

    case: str | None
    question: str
    notice: str
    outcome: str
    summary: tuple[Sentence, ...]
    missing: tuple[str, ...]
    clauses: tuple[str, ...]
    nodes: tuple[Node, ...]

    def document(self) -> dict[str, Any]:
        """All of it as JSON-ready values."""
        return asdict(self)

    def walk(self) -> Iterator[Node]:
        """Every node of the tree, in order."""
        for node in self.nodes:
            yield from node.walk()


def followed(step: Step, readings: tuple[Reading, ...]) -> tuple[Followed, ...]:
    """The readings of a step, with their text where the notice keeps it."""
    texts = {one.id: one for one in readings}
    nothing = Bilingual(zh="项目通用读法", en="a common reading of the project")
    return tuple(
        Followed(
            name,
            (texts[name].text if name in texts else nothing).zh,
            (texts[name].text if name in texts else nothing).en,
            name in texts and texts[name].status == "to_be_confirmed",
        )
        for name in step.readings
    )
