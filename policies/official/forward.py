"""From rule to text: what a rule cites is there, what it took stands in that very clause, what it does follows from it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from policies.notice import Notice
from policies.official.clauses import FRONT, OfficialText
from policies.official.effect import Effect, carried, effects
from policies.official.figures import Figure, figures_in
from policies.official.finding import Finding
from policies.official.furniture import joined, lines_of
from policies.official.standing import bounds, matches
from policies.rule import Rule


def cited_clauses_exist(notice: Notice, text: OfficialText) -> Iterator[Finding]:
    """Every clause that a rule or a bound cites is in the text, and the document number in its head."""
    named = joined(list(lines_of(notice.document_number)))
    missing = None if named in text[FRONT].text else f"the text is not headed {notice.document_number}"
    yield Finding("cited", FRONT, missing)
    sources = [(rule.id, rule.clauses) for rule in notice.rules()]
    sources += [(name, bound.clauses) for name, bound in bounds(notice)]
    for name, clauses in sources:
        for clause in clauses:
            yield Finding("cited", clause, None if clause in text else f"{name} cites {clause}, which the text lacks")


def taken_figures_stand(notice: Notice, text: OfficialText) -> Iterator[Finding]:
    """Every number and date a rule took is a whole token of the clause it took it from."""
    for rule in notice.rules():
        for clause, written in rule.took.items():
            for figure in written:
                found = matches(text, clause, figure)
                yield Finding("taken", clause, None if found else _not_there(rule, clause, figure, text))


def _not_there(rule: Rule, clause: str, written: str, text: OfficialText) -> str:
    there = "、".join(figure.written for figure in text[clause].figures) if clause in text else ""
    elsewhere = [place for place in text if matches(text, place, written)]
    hint = f"; it stands in {', '.join(elsewhere)}" if elsewhere else ""
    return f"rule {rule.id} took {written} from {clause}, where the figures are {there or 'none'}{hint}"


def effects_are_carried(notice: Notice, text: OfficialText) -> Iterator[Finding]:
    """Every amount, span and day by which a rule decides follows from a figure it took, or, days, from its reading."""
    for rule in notice.rules():
        figures = list(_figures_behind(notice, text, rule))
        read = list(_read_figures(notice, rule))
        for effect in effects(rule):
            known = figures if effect.kind == "fen" else figures + read
            good = carried(effect, known) or _of_the_period(notice, effect)
            problem = None if good else f"rule {rule.id}: nothing it took says {effect}"
            yield Finding("decided_by", rule.clauses[0], problem)
    for name, bound in bounds(notice):
        figures = [figure for clause in bound.clauses if clause in text for figure in text[clause].figures]
        for effect in effects(bound):
            good = carried(effect, figures) or _of_the_period(notice, effect)
            problem = None if good else f"local parameter {name}: its clauses do not say {effect}"
            yield Finding("decided_by", bound.clauses[0], problem)


def _figures_behind(notice: Notice, text: OfficialText, rule: Rule) -> Iterator[Figure]:
    """The figures of the text that the rule took, and those of the rules whose figures it shares."""
    shared = [other for other in notice.rules() if other.id in rule.figures_of]
    for source in (rule, *shared):
        for clause, written in source.took.items():
            for figure in written:
                yield from matches(text, clause, figure)


def _read_figures(notice: Notice, rule: Rule) -> Iterator[Figure]:
    """The days and spans that the rule's readings name; never an amount."""
    for reading in notice.readings:
        if reading.id in rule.readings:
            yield from figures_in(joined(list(lines_of(reading.text.zh))))


def _of_the_period(notice: Notice, effect: Effect) -> bool:
    """The insured year is the notice's own: its days, and the day after it, need no figure."""
    if effect.kind == "first":
        return effect.value in (notice.period_first, notice.period_last + timedelta(days=1))
    return effect.kind == "last" and effect.value == notice.period_last


