"""What a change means over a roster: people and money by clause, category and funding source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from policies.decision import Decision
from policies.local import LocalParameters
from policies.money import Fen
from policies.notice import Notice
from policies.roster.judged import Judged, judge
from policies.roster.roster import Roster, moved_by_years
from policies.vocabulary import OUTCOMES

MONEY = ("standard", "due", "sponsor_due", "netted", "assisted_after")
"""What money is told of: the premium, and how it is paid: by the person, a sponsor, netted, or given back after."""

LEVIED = ("due", "no_due")
"""Outcomes of people who are enrolled here, whether or not anything is left to pay."""


@dataclass(slots=True)
class Amount:
    """So many people and so much money, in fen."""

    people: int = 0
    fen: Fen = 0

    def add(self, people: int, each: Fen) -> None:
        """People with the same amount each."""
        self.people += people
        self.fen += people * each


@dataclass(slots=True)
class Tally:
    """People and money of a roster under one notice, undetermined people without money."""

    outcomes: dict[str, int] = field(default_factory=lambda: dict.fromkeys(OUTCOMES, 0))
    money: dict[str, Amount] = field(default_factory=lambda: {name: Amount() for name in MONEY})
    clause: dict[str, Amount] = field(default_factory=dict)
    """Premiums and assistance under the first clause of the rule that sets them, so that no fen counts twice."""
    category: dict[str, Amount] = field(default_factory=dict)
    source: dict[str, Amount] = field(default_factory=dict)


@dataclass(slots=True)
class Impact:
    """Two tallies of the same people, and what happened to each between them."""

    people: int
    before: Tally
    after: Tally
    moves: dict[tuple[str, str], int]
    pay_more: Amount
    pay_less: Amount
    pay_same: int
    uncertain: int
    """People of whom before or after is undetermined, so that nothing can be said of the difference."""
    levied_once: int
    """People who are levied under one of the two only: they moved to or from being referred or turned away."""
    cover_changed: int
    affected: int
    """People whose outcome, amounts, funders or cover differ."""


def impact(
    roster: Roster,
    before: Notice,
    after: Notice,
    local_before: Mapping[str, LocalParameters],
    local_after: Mapping[str, LocalParameters],
) -> Impact:
    """Decide a roster of ``before``'s year under both notices and compare person by person."""
    return impact_on(judge(roster, before, local_before), after, local_after)


def impact_on(old: Judged, after: Notice, local_after: Mapping[str, LocalParameters]) -> Impact:
    """The same for a roster that is already decided under the first notice."""
    return added_up(compare(old, after, local_after))


@dataclass(frozen=True, slots=True)
class Compared:
    """A roster decided under two notices: of each person, which pair of decisions, and whether the cover moves."""

    notices: tuple[Notice, Notice]
    tallies: tuple[Tally, Tally]
    pairs: tuple[tuple[Decision, Decision], ...]
    """The decisions before and after that anybody has, each pair once."""
    of_person: npt.NDArray[np.int64]
    """The place of each person's pair."""
    cover: npt.NDArray[np.bool_]
    """Whether a person's cover begins on another day, not counting the years between the notices."""


def compare(old: Judged, after: Notice, local_after: Mapping[str, LocalParameters]) -> Compared:
    """Decide the same people under a second notice too."""
    new = judge(old.roster.under(old.notice, after), after, local_after)
    width = max(len(new.decisions), 1)
    pairs, of_person = np.unique(old.number * width + new.number, return_inverse=True)
    cover = moved_by_years(old.starts_on, after.insured_year - old.notice.insured_year) != new.starts_on
    each = tuple((old.decisions[pair // width], new.decisions[pair % width]) for pair in pairs.tolist())
    return Compared((old.notice, after), (tally(old), tally(new)), each, of_person, cover)


def added_up(compared: Compared) -> Impact:
    """People and money before and after, and what happened between."""
    cover = compared.cover
    made = Impact(len(cover), *compared.tallies, {}, Amount(), Amount(), 0, 0, 0, 0, 0)
    counts = np.bincount(compared.of_person, minlength=len(compared.pairs)).tolist()
    for (was, now), people in zip(compared.pairs, counts, strict=True):
        _compare(made, was, now, people)
    other = np.array([differs(was, now) for was, now in compared.pairs], np.bool_)
    made.cover_changed = int(cover.sum())
    made.affected = int((other[compared.of_person] | cover).sum())
    return made


def tally(judged: Judged) -> Tally:
    """People and money of a roster under one notice."""
    made = Tally()
    for people, decision in zip(judged.counts(), judged.decisions, strict=True):
        made.outcomes[decision.outcome] += people
        for name, fen in money(decision):
            made.money[name].add(people, fen)
        for group, name, fen in parts(judged.notice, decision):
            getattr(made, group).setdefault(name, Amount()).add(people, fen)
    return made


def money(decision: Decision) -> Iterator[tuple[str, Fen]]:
    """What is levied and who pays it; nothing for undetermined people."""
    lines = decision.lines
    sums = {
        "standard": sum(line.standard for line in lines),
        "due": sum(line.due for line in lines),
        "sponsor_due": sum(line.total("sponsor") for line in lines),
        "netted": sum(line.total("at_levy") for line in lines),
        "assisted_after": sum(line.total("after_payment") for line in lines),
    }
    yield from ((name, fen) for name, fen in sums.items() if fen)


def parts(notice: Notice, decision: Decision) -> Iterator[tuple[str, str, Fen]]:
    """The same money by clause, category and source; each person once in a group's entry."""
    clauses = {rule.id: rule.clauses[0] for rule in notice.levy_rules()}
    found: dict[tuple[str, str], Fen] = {}
    for line in decision.lines:
        if line.standard:
            _add(found, ("clause", clauses[premium_rule(notice, decision, line.insurance)]), line.standard)
        for part in line.assistance:
            _add(found, ("clause", clauses[part.rule]), part.amount)
            _add(found, ("category", part.category), part.amount)
            _add(found, ("source", part.source), part.amount)
    yield from ((group, name, fen) for (group, name), fen in found.items())


def _add(found: dict[tuple[str, str], Fen], key: tuple[str, str], fen: Fen) -> None:
    found[key] = found.get(key, 0) + fen


def premium_rule(notice: Notice, decision: Decision, insurance: str) -> str:
    """The id of the rule that set the premium of an insurance, read off the steps of the decision."""
    setting = {rule.id for rule in notice.rates if rule.insurance == insurance}
    if notice.full_funding and notice.full_funding.insurance == insurance:
        setting.add(notice.full_funding.id)
    return next(step.rule for step in decision.walk() if step.rule in setting)


def _compare(made: Impact, was: Decision, now: Decision, people: int) -> None:
    """Count people who share both decisions. What a person pays is what they owe less what comes back to them."""
    if was.outcome != now.outcome:
        move = (was.outcome, now.outcome)
        made.moves[move] = made.moves.get(move, 0) + people
    if was.due is None or now.due is None:
        made.uncertain += people
        return
    if (was.outcome in LEVIED) != (now.outcome in LEVIED):
        made.levied_once += people
        return
    change = own_cost(now) - own_cost(was)
    if change > 0:
        made.pay_more.add(people, change)
    elif change < 0:
        made.pay_less.add(people, -change)
    else:
        made.pay_same += people


def own_cost(decision: Decision) -> Fen:
    """What somebody bears: what they owe less what comes back to them."""
    return (decision.due or 0) - (decision.assisted_after or 0)


def differs(was: Decision, now: Decision) -> bool:
    """Whether a person or an office would notice, the beginning of the cover apart."""
    return bool(_terms(was) != _terms(now))


def _terms(decision: Decision) -> Any:
    """What a person or an office would notice: outcome, channel, amounts and who funds them when."""
    lines = [
        (
            line.insurance,
            line.standard,
            [(p.category, p.source, p.amount, p.timing, p.on_application) for p in line.assistance],
        )
        for line in decision.lines
    ]
    return decision.outcome, decision.channel, decision.refer_by, decision.missing, lines
