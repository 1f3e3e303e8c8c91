"""The facts that settle a condition: why it holds, why it does not, or what leaves it open."""

from __future__ import annotations

from collections.abc import Iterator

from policies.atoms import Atom, Truth
from policies.condition import Ask, When
from policies.explain.tree import Fact
from policies.explain.words import asked
from policies.facts import Facts
from policies.inquiry import Inquiry


def settling(when: When | None, inquiry: Inquiry) -> tuple[Fact, ...]:
    """The facts by which a condition holds, fails or stays open; none where there is no condition."""
    if when is None:
        return ()
    found = dict.fromkeys(_settling(when, inquiry.ask))
    return tuple(_fact(atom, inquiry.ask(atom), inquiry.facts) for atom in found)


def _fact(atom: Atom, truth: Truth, facts: Facts) -> Fact:
    zh, en = asked(atom, facts)
    return Fact(atom.fact, zh, en, truth)


def _settling(when: When, ask: Ask) -> Iterator[Atom]:
    """All that holds where the condition holds; one failure where it fails; what is open where it is open."""
    truth = when.truth(ask)
    if truth is True:
        yield from when.own_atoms
        held = next((part for part in when.any if part.truth(ask) is True), None)
        for part in (held,) if held else ():
            yield from _settling(part, ask)
        for part in when.none:
            yield from _settling(part, ask)
    elif truth is False:
        yield from _failing(when, ask)
    else:
        yield from (atom for atom in when.atoms() if ask(atom) is None)


def _failing(when: When, ask: Ask) -> Iterator[Atom]:
    own = next((atom for atom in when.own_atoms if ask(atom) is False), None)
    if own is not None:
        yield own
        return
    excluded = next((part for part in when.none if part.truth(ask) is True), None)
    for part in (excluded,) if excluded else when.any:
        yield from _settling(part, ask)
