"""Who assists with how much: candidates by channel, the highest once, channels on top of one another, capped."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from policies.decision import AssistanceLine, Step
from policies.inquiry import Inquiry, Unsettled
from policies.kinds import AssistanceRule, LocalAmount, Share
from policies.local import share_of
from policies.money import Fen
from policies.premium import Premium
from policies.sentences import candidate_lost, candidate_won, condition_fails, rule_step, standing_excludes
from policies.standing import HELD_AT_PAYMENT, HERE, OUTSIDE, PAYABLE, WITHIN, Standing, best_standings
from policies.vocabulary import name_zh

Timing = Literal["at_levy", "after_payment", "sponsor"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """What one rule would give for one category; ``amount`` in fen before any cap, 0 while it is ``unset``."""

    rule: AssistanceRule
    category: str
    standing: Standing
    lines: tuple[AssistanceLine, ...]
    unset: Unsettled | None = None

    @property
    def amount(self) -> Fen:
        """All shares together."""
        return sum(line.amount for line in self.lines)


def assistance_of(inquiry: Inquiry, premium: Premium) -> tuple[tuple[AssistanceLine, ...], list[Step]]:
    """The assistance with one premium and its explanation; never more than the individual standard.

    Raises ``Unsettled`` where an amount is left to an authority that has not set it.
    """
    standings = best_standings(inquiry.facts)
    candidates = _candidates(inquiry, premium, standings)
    left, given, steps = premium.individual, [], _excluded(inquiry, premium, standings)
    for channel in inquiry.facts.notice.assistance.combination.channels:
        offers = [offer for offer in candidates if offer.rule.channel == channel]
        if not offers:
            continue
        winners = _winners(offers, premium.individual)
        won = {(winner.rule.id, winner.category) for winner in winners}
        losers = [offer for offer in offers if (offer.rule.id, offer.category) not in won]
        for winner in winners:
            lines = _cut(winner.lines, left)
            left -= sum(line.amount for line in lines)
            given.extend(lines)
            steps.append(_explained(inquiry, winner, losers, sum(line.amount for line in lines)))
    return tuple(given), steps


def _candidates(inquiry: Inquiry, premium: Premium, standings: dict[str, tuple[Standing, str]]) -> list[Candidate]:
    found = []
    for rule in inquiry.facts.notice.assistance.rules:
        if not _applies(rule, premium) or not inquiry.holds(rule):
            continue
        for category in rule.categories:
            if category in standings:
                candidate = _candidate(inquiry, rule, category, standings[category], premium)
                if candidate is not None:
                    found.append(candidate)
    return found


def _applies(rule: AssistanceRule, premium: Premium) -> bool:
    return rule.insurance == premium.insurance and rule.rate_class in (None, premium.rate_class)


def _candidate(
    inquiry: Inquiry, rule: AssistanceRule, category: str, found: tuple[Standing, str], premium: Premium
) -> Candidate | None:
    standing, area = found
    pays = inquiry.facts.notice.assistance.elsewhere.pays
    foreign = standing in OUTSIDE and pays in {"recognising_area", "unsettled"}
    if foreign or (standing in WITHIN and pays == "unsettled"):
        raise Unsettled(
            ("ruling",),
            f"{name_zh(category)}在外地认定，本通知未规定其资助，待裁定",
            f"{category} was recognised elsewhere, and this notice does not say what that gives; a ruling is missing",
            inquiry.facts.notice.assistance.elsewhere.clauses,
        )
    if standing not in HERE and not (standing in WITHIN and pays == "recognising_area"):
        return None
    paying = inquiry.facts.question.pooling_area if standing in HERE else area
    if rule.paying_areas is not None and paying not in rule.paying_areas:
        return None
    timing, on_application = _terms(inquiry, rule, standing)
    try:
        shares = [_resolved(inquiry, rule, share, premium) for share in rule.shares]
    except Unsettled as unset:
        return Candidate(rule, category, standing, (), unset)
    lines = (AssistanceLine(category, src, fen, timing, on_application, paying, rule.id) for src, fen in shares if fen)
    return Candidate(rule, category, standing, tuple(lines))


def _winners(offers: list[Candidate], individual: Fen) -> list[Candidate]:
    """The highest offer of a channel.

    Where it became known only after the payment, the levy stands as it was decided on that day: the highest offer of
    then is given first, and the later one adds what it gives beyond it.
    """
    highest = _highest(offers, individual)
    held = [offer for offer in offers if offer.standing in HELD_AT_PAYMENT]
    if highest.standing in HELD_AT_PAYMENT or highest.standing in WITHIN or not held:
        return [highest]
    first = _highest(held, individual)
    return [first, _beyond(first, highest)] if first.amount else [highest]


def _beyond(first: Candidate, later: Candidate) -> Candidate:
    """What ``later`` gives more than ``first``, by funder."""
    left, more = later.amount - first.amount, []
    for line in later.lines:
        same = sum(one.amount for one in first.lines if one.source == line.source)
        amount = min(left, max(0, line.amount - same))
        left -= amount
        if amount:
            more.append(replace(line, amount=amount))
    return replace(later, lines=tuple(more))


def _highest(offers: list[Candidate], individual: Fen) -> Candidate:
    """The highest offer, the first of equals. Raises what keeps an offer unset, unless another one is already full."""
    winner = max(offers, key=lambda offer: offer.amount)
    if winner.amount < individual:
        for offer in offers:
            if offer.unset is not None:
                raise offer.unset
    return winner


def _terms(inquiry: Inquiry, rule: AssistanceRule, standing: Standing) -> tuple[Timing, bool]:
    """When it is paid and whether it must be applied for."""
    later = inquiry.facts.notice.assistance.later
    if standing in WITHIN:
        return "after_payment", True
    if standing not in HELD_AT_PAYMENT:
        return "after_payment", rule.on_application or (later is not None and later.on_application)
    if rule.timing != "local":
        return rule.timing, rule.on_application
    local = inquiry.facts.local
    gross = local is not None and local.flow == "gross_levy"
    return ("after_payment" if gross else "at_levy"), rule.on_application


def _resolved(inquiry: Inquiry, rule: AssistanceRule, share: Share, premium: Premium) -> tuple[str, Fen]:
    """Funder and fen of a share."""
    amount = share.amount
    if amount == "full":
        return share.source, premium.individual
    if isinstance(amount, int):
        return share.source, amount
    if isinstance(amount, str):
        return share.source, share_of(amount, premium.individual)
    return _local_amount(inquiry, rule, share.source, amount, premium)


def _local_amount(
    inquiry: Inquiry, rule: AssistanceRule, source: str, wanted: LocalAmount, premium: Premium
) -> tuple[str, Fen]:
    local = inquiry.facts.local
    given = local.amount_for(wanted.local) if local else None
    if local is None or given is None:
        name = f"local.assistance.{wanted.local}"
        raise Unsettled(
            (name,),
            f"未设定参数 assistance.{wanted.local}（由当地确定的资助标准），资助金额无法确定",
            f"the local parameter assistance.{wanted.local} is not set, so the assistance is not known",
            rule.clauses,
        )
    amount = share_of(given, premium.individual) if isinstance(given, str) else given
    if wanted.share is not None:
        amount = share_of(wanted.share, amount)
    return source if wanted.share else local.source_for(wanted.local) or source, amount


def _cut(lines: tuple[AssistanceLine, ...], left: Fen) -> list[AssistanceLine]:
    """The lines in order as far as the premium reaches; what exceeds it is cut from the last."""
    kept = []
    for line in lines:
        amount = min(line.amount, left)
        left -= amount
        if amount:
            kept.append(replace(line, amount=amount))
    return kept


def _excluded(inquiry: Inquiry, premium: Premium, standings: dict[str, tuple[Standing, str]]) -> list[Step]:
    """A step for each category that gives nothing, whatever the amounts."""
    notice = inquiry.facts.notice
    steps = [standing_excludes(notice, category, found) for category, (found, _) in standings.items()]
    for rule in notice.assistance.rules:
        if _applies(rule, premium) and rule.when is not None and not inquiry.holds(rule):
            steps.extend(
                condition_fails(rule, category)
                for category in rule.categories
                if category in standings and standings[category][0] in PAYABLE
            )
    return [step for step in steps if step is not None]


def _explained(inquiry: Inquiry, winner: Candidate, losers: list[Candidate], paid: Fen) -> Step:
    notice = inquiry.facts.notice
    known = (loser for loser in losers if loser.unset is None)
    beside = [candidate_lost(loser.rule, loser.category, loser.amount, winner) for loser in known]
    if beside:
        beside.insert(0, rule_step(notice.assistance.combination))
    return candidate_won(notice, winner, paid, tuple(beside))
