"""From text to rule: every number, date and clause of the text is encoded, or left out for a reason that is given."""

from __future__ import annotations

from collections.abc import Iterator

from policies.notice import Notice
from policies.official.clauses import FRONT, OfficialText
from policies.official.effect import carried, effects
from policies.official.figures import Figure, figure_of
from policies.official.finding import Finding
from policies.official.furniture import joined, lines_of
from policies.official.standing import bounds, matches


def wording_is_kept(notice: Notice, text: OfficialText) -> Iterator[Finding]:
    """Every clause reads as it did when it was encoded."""
    for place, part in text.items():
        kept = notice.fingerprints.get(place)
        problem = f"{place} is not worded as it was encoded: fingerprint {kept or 'none'} kept, {part.fingerprint} found"
        yield Finding("wording", place, None if kept == part.fingerprint else problem)
    for place in notice.fingerprints:
        if place not in text:
            yield Finding("wording", place, f"{place} has a fingerprint, but the text has no such clause")


def figures_are_accounted_for(notice: Notice, text: OfficialText) -> Iterator[Finding]:
    """Every number and date of the text was taken by a rule, bounds a local parameter, or is left out with a reason."""
    for place, part in text.items():
        known = _known_figures(notice, text, place)
        whole = place in _left_out_whole(notice)
        for figure in part.figures:
            good = whole or figure in known or _names_the_notice(notice, figure)
            problem = None if good else f"no rule accounts for {figure.written}{figure.follows} in {place}"
            yield Finding("figures", place, problem)


def clauses_are_accounted_for(notice: Notice, text: OfficialText) -> Iterator[Finding]:
    """Every clause that holds a sentence is cited by a rule or a bound, or left out with a reason."""
    cited = _cited(notice)
    for place, part in text.items():
        if part.rules_something or place == FRONT:
            good = place in cited or place in _left_out_whole(notice) or (place == FRONT and not part.rules_something)
            yield Finding("clauses", place, None if good else f"no rule accounts for clause {place}")


def left_out_is_there(notice: Notice, text: OfficialText) -> Iterator[Finding]:
    """What is left out is in the text, and no rule claims it after all."""
    cited = _cited(notice)
    for entry in notice.not_encoded:
        for place in entry.clauses:
            problem = None if place in text else f"not_encoded names {place}, which the text lacks"
            if not entry.figures and place in cited:
                problem = f"not_encoded leaves {place} out as a whole, but a rule cites it: name the figures"
            lost = [figure for figure in entry.figures if place in text and not matches(text, place, figure)]
            if lost:
                problem = f"not_encoded leaves out {'、'.join(lost)}, which {place} does not hold"
            yield Finding("left_out", place, problem)


def _cited(notice: Notice) -> set[str]:
    rules = {clause for rule in notice.rules() for clause in rule.clauses}
    return rules | {clause for _, bound in bounds(notice) for clause in bound.clauses}


def _left_out_whole(notice: Notice) -> set[str]:
    return {place for entry in notice.not_encoded if not entry.figures for place in entry.clauses}


def _known_figures(notice: Notice, text: OfficialText, place: str) -> set[Figure]:
    taken = [figure for rule in notice.rules() for figure in rule.took.get(place, ())]
    left = [figure for entry in notice.not_encoded if place in entry.clauses for figure in entry.figures]
    known = {figure_of(figure) for figure in (*taken, *left)}
    for _, bound in bounds(notice):
        if place in bound.clauses:
            known |= {figure for figure in text[place].figures for effect in effects(bound) if carried(effect, [figure])}
    return known


def _names_the_notice(notice: Notice, figure: Figure) -> bool:
    """The insured year and the document number are the notice's own."""
    named = joined(list(lines_of(notice.document_number)))
    own_number = figure.kind == "document" and named.endswith(figure.written)
    return own_number or (figure.kind == "year" and figure.value == (notice.insured_year,))
