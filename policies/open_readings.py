"""Readings that are to be confirmed, and what hangs on each over a roster: people and fen.

Three figures answer "what hangs on it". *Resting*: people in whose decision a deciding rule follows the reading, and
the money those rules set: assistance where the rule gives it, the whole premium where it decides how somebody comes in,
what they pay or when cover runs. *Open*: people who are undetermined and in whose case it plays a part, without money.
*Otherwise*: what the alternative would change, computed by deciding everybody again, where fields can say it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from policies.change.impact import Impact, impact_on, premium_rule
from policies.change.proposal import proposed, proposed_local, settings_of
from policies.clause import in_text_order
from policies.decision import Decision, Step
from policies.local import LocalParameters
from policies.money import Fen
from policies.notice import Notice
from policies.roster.judged import Judged, judge
from policies.roster.revocations import revocations
from policies.roster.roster import Roster
from policies.rule import Reading, Rule


@dataclass(frozen=True, slots=True)
class OpenReading:
    """A reading that an office has to confirm, with the rules that follow it and the clauses they rest on."""

    notice: Notice
    reading: Reading
    rules: tuple[Rule, ...]

    @property
    def clauses(self) -> tuple[str, ...]:
        """The clauses whose gap it fills, in the order of the text."""
        return in_text_order(clause for rule in self.rules for clause in rule.clauses)

    @property
    def decides_levies(self) -> bool:
        """Whether a rule that decides levies follows it."""
        levying = {rule.id for rule in self.notice.levy_rules()}
        return any(rule.id in levying for rule in self.rules)

    @property
    def decides_revocations(self) -> bool:
        """Whether a rule on identities that ended follows it."""
        return any(rule in self.notice.revocation for rule in self.rules)


@dataclass(frozen=True, slots=True)
class Hanging:
    """What hangs on a reading. ``otherwise`` is ``None`` where the alternative is not written as fields.

    ``revoked_people`` and ``revoked_fen`` are people whose identity ended after payment, and what they had received.
    """

    people: int
    fen: Fen
    open_people: int
    revoked_people: int
    revoked_fen: Fen
    otherwise: Impact | None


def open_readings(notice: Notice) -> tuple[OpenReading, ...]:
    """The readings of a notice that are to be confirmed, in the order of the file."""
    return tuple(
        OpenReading(notice, reading, tuple(rule for rule in notice.rules() if reading.id in rule.readings))
        for reading in notice.readings
        if reading.status == "to_be_confirmed"
    )


def hanging(roster: Roster, notice: Notice, local: Mapping[str, LocalParameters]) -> dict[str, Hanging]:
    """By reading what hangs on it over a roster of the notice's year."""
    judged = judge(roster, notice, local)
    ended = revocations(judged)
    found = {}
    for one in open_readings(notice):
        people, fen, undecided = _resting(judged, one.reading.id)
        touched = [case for case in ended if one.reading.id in case.readings]
        found[one.reading.id] = Hanging(
            people=people,
            fen=fen,
            open_people=undecided,
            revoked_people=len({case.row for case in touched}),
            revoked_fen=sum(case.received for case in touched),
            otherwise=_otherwise(judged, one, local),
        )
    return found


def _resting(judged: Judged, reading: str) -> tuple[int, Fen, int]:
    """People and fen that rest on a reading, and people whom it leaves undetermined."""
    people = fen = undecided = 0
    for count, decision in zip(judged.counts(), judged.decisions, strict=True):
        stake = stake_in(judged.notice, decision, reading)
        if stake is None:
            continue
        if decision.outcome == "undetermined":
            undecided += count
        else:
            people, fen = people + count, fen + count * stake
    return people, fen, undecided


def stake_in(notice: Notice, decision: Decision, reading: str) -> Fen | None:
    """The fen of one decision that rest on a reading, 0 where it moves no money, ``None`` where it plays no part."""
    steps = [step for step in decision.steps if _follows(step, reading)]
    if not steps:
        open_rule = _rule_left_open(notice, decision)
        return 0 if open_rule is not None and reading in open_rule.readings else None
    whole = sum(line.standard for line in decision.lines)
    excluding = {rule.id for rule in (notice.assistance.elsewhere, notice.assistance.cutoff) if rule is not None}
    return min(whole, sum(_money_of(notice, decision, step, whole) for step in steps if step.rule not in excluding))


def _follows(step: Step, reading: str) -> bool:
    return any(one.verdict == "decided" and reading in one.readings for one in step.walk())


def _money_of(notice: Notice, decision: Decision, step: Step, whole: Fen) -> Fen:
    """The money that a deciding step sets: its assistance, one insurance's premium, or all of it."""
    parts = [part for line in decision.lines for part in line.assistance]
    if any(rule.id == step.rule for rule in notice.assistance.rules):
        return sum(part.amount for part in parts if part.rule == step.rule)
    for line in decision.lines:
        if line.standard and premium_rule(notice, decision, line.insurance) == step.rule:
            return line.standard
    return whole


def _rule_left_open(notice: Notice, decision: Decision) -> Rule | None:
    """The rule for want of whose ruling a case is undetermined: a cover beyond the year, or an identity elsewhere."""
    if decision.outcome != "undetermined" or decision.missing != ("ruling",):
        return None
    covers = {route.id: route.cover for route in notice.routes}
    taken = [notice.cover(name) for step in decision.steps if (name := covers.get(step.rule))]
    clauses = decision.steps[-1].clauses
    return next((rule for rule in (*taken, notice.assistance.elsewhere) if clauses and rule.clauses == clauses), None)


def _otherwise(judged: Judged, one: OpenReading, local: Mapping[str, LocalParameters]) -> Impact | None:
    if one.reading.alternative is None or not one.reading.alternative.set:
        return None
    settings = settings_of(one.reading.alternative.set)
    areas = sorted({str(area) for area in judged.roster.pooling_area.tolist()})
    otherwise = {area: proposed_local(one.notice, local.get(area), area, settings) for area in areas}
    known = {area: parameters for area, parameters in otherwise.items() if parameters is not None}
    return impact_on(judged, proposed(one.notice, settings), known)


def report(one: OpenReading, found: Hanging | None) -> dict[str, Any]:
    """An entry of the letter as JSON-ready values, amounts in fen; ``hanging`` is ``None`` without a roster."""
    reading = one.reading
    alternative = reading.alternative
    return {
        "notice": one.notice.notice,
        "document_number": one.notice.document_number,
        "reading": reading.id,
        "clauses": list(one.clauses),
        "rules": [rule.id for rule in one.rules],
        "gap": reading.gap.model_dump() if reading.gap else None,
        "ours": reading.text.model_dump(),
        "alternative": {"zh": alternative.zh, "en": alternative.en} if alternative else None,
        "counted": one.decides_levies or one.decides_revocations,
        "hanging": dict(_hanging(found)) if found else None,
    }


def _hanging(found: Hanging) -> Iterator[tuple[str, Any]]:
    for name in ("people", "fen", "open_people", "revoked_people", "revoked_fen"):
        yield name, getattr(found, name)
    change = found.otherwise
    yield "otherwise", _otherwise_report(change) if change else None


def _otherwise_report(change: Impact) -> dict[str, int]:
    """What the alternative changes: people, and fen levied, paid by persons, by sponsors and in assistance."""
    moved = {name: change.after.money[name].fen - change.before.money[name].fen for name in change.before.money}
    assistance = moved["netted"] + moved["assisted_after"] + moved["sponsor_due"]
    return {
        "people": change.affected,
        "cover_changed": change.cover_changed,
        "premiums": moved["standard"],
        "undetermined": change.after.outcomes["undetermined"] - change.before.outcomes["undetermined"],
        "due": moved["due"],
        "assistance": assistance,
    }
