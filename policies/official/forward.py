"""From rule to text: what a rule cites is there, what it took stands in that clause, what it does follows from it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from policies.notice import Notice
from policies.official.clauses import FRONT, OfficialText
from policies.official.effect import Effect, carried, effects
from policies.official.figures import Figure, figures_in, ordinal_of
from policies.official.finding import Finding, Sentence
from policies.official.furniture import plain
from policies.official.standing import bounds, matches, taken_by
from policies.rule import Rule


def the_notice_is_the_one(notice: Notice, text: OfficialText) -> Iterator[Finding]:
    """The head of the text bears the notice's document number and insured year."""
    head = text[FRONT]
    number = plain(notice.document_number)
    wrong = Sentence(f"文首没有文号{notice.document_number}", f"the text is not headed {notice.document_number}")
    yield Finding("cited", FRONT, None if number in head.text else wrong)
    years = {figure.value[0] for figure in head.figures if figure.kind == "year"}
    wrong = Sentence(f"文首没有{notice.insured_year}年度", f"the head of the text does not name {notice.insured_year}")
    yield Finding("cited", FRONT, None if notice.insured_year in years else wrong)


def cited_clauses_exist(notice: Notice, text: OfficialText) -> Iterator[Finding]:
    """Every clause that a rule or a bound cites is in the text."""
    sources = [(rule.id, rule.clauses) for rule in notice.rules()]
    sources += [(name, bound.clauses) for name, bound in bounds(notice)]
    for name, clauses in sources:
        for clause in clauses:
            missing = Sentence(f"{name} 引用的{clause}原文没有", f"{name} cites {clause}, which the text lacks")
            yield Finding("cited", clause, None if clause in text else missing)


def taken_figures_stand(notice: Notice, text: OfficialText) -> Iterator[Finding]:
    """Every number and date a rule took is one whole token of the clause it took it from."""
    for rule in notice.rules():
        for clause, written in rule.took.items():
            for figure in written:
                found = matches(text, clause, figure)
                problem = None
                if not found:
                    problem = _not_there(rule, clause, figure, text)
                elif len(found) > 1:
                    problem = Sentence(
                        f"规则{rule.id}：{clause}中{figure}出现{len(found)}次，请写明是第几个，如{figure}#1",
                        f"rule {rule.id}: {figure} stands {len(found)} times in {clause}; say which, as {figure}#1",
                    )
                yield Finding("taken", clause, problem)


def _not_there(rule: Rule, clause: str, written: str, text: OfficialText) -> Sentence:
    there = "、".join(figure.written for figure in text[clause].figures) if clause in text else ""
    bare = written if ordinal_of(written) is None else written.rpartition("#")[0]
    elsewhere = ", ".join(place for place in text if place != clause and matches(text, place, bare))
    zh = f"规则{rule.id}取自{clause}的{written}不在该条，该条有{there or '零个数字'}"
    en = f"rule {rule.id} took {written} from {clause}, where the figures are {there or 'none'}"
    return Sentence(zh, en) if not elsewhere else Sentence(f"{zh}；它在{elsewhere}", f"{en}; it stands in {elsewhere}")


def effects_are_carried(notice: Notice, text: OfficialText) -> Iterator[Finding]:
    """Every amount, span and day by which a rule decides follows from a figure it took, or, days, from its reading."""
    for rule in notice.rules():
        figures = list(_figures_behind(notice, text, rule))
        read = list(_read_figures(notice, rule))
        for effect in effects(rule):
            known = figures if effect.kind == "fen" else figures + read
            good = carried(effect, known) or _of_the_period(notice, effect)
            problem = Sentence(
                f"规则{rule.id}：{effect}没有出处，所取数字均不表示它", f"rule {rule.id}: nothing it took says {effect}"
            )
            yield Finding("carried", rule.clauses[0], None if good else problem)
    for name, bound in bounds(notice):
        figures = [figure for clause in bound.clauses if clause in text for figure in text[clause].figures]
        for effect in effects(bound):
            good = carried(effect, figures) or _of_the_period(notice, effect)
            problem = Sentence(
                f"当地参数{name}：所引条款中没有{effect}", f"local parameter {name}: its clauses do not say {effect}"
            )
            yield Finding("carried", bound.clauses[0], None if good else problem)


def summaries_say_what_was_taken(notice: Notice, text: OfficialText) -> Iterator[Finding]:
    """The Chinese summary of a rule, which people are shown, has no figure but those taken or read."""
    for rule in notice.rules():
        known = [*_figures_behind(notice, text, rule), *_read_figures(notice, rule)]
        for figure in figures_in(plain(rule.summary.zh)):
            good = any(_says_the_same(figure, other) for other in known) or _is_of_the_period(notice, figure)
            problem = Sentence(
                f"规则{rule.id}摘要中的{figure.written}没有取自原文",
                f"the summary of rule {rule.id} says {figure.written}, which it did not take",
            )
            yield Finding("told", rule.clauses[0], None if good else problem)


def _says_the_same(figure: Figure, other: Figure) -> bool:
    """A summary may leave out the year of a day."""
    return figure == other or (figure.kind == "day_of_year" and other.kind == "day" and other.value[1:] == figure.value)


def _is_of_the_period(notice: Notice, figure: Figure) -> bool:
    named_year = figure.kind == "year" and figure.value == (notice.insured_year,)
    return named_year or (figure.day is not None and figure.day in (notice.period_first, notice.period_last))


def _figures_behind(notice: Notice, text: OfficialText, rule: Rule) -> Iterator[Figure]:
    """The figures of the text that the rule took, and those of the rules whose figures it shares."""
    shared = [other for other in notice.rules() if other.id in rule.figures_of]
    for source in (rule, *shared):
        for _, figure in taken_by(source, text):
            yield figure


def _read_figures(notice: Notice, rule: Rule) -> Iterator[Figure]:
    """The days and spans that the rule's readings name; never an amount."""
    for reading in notice.readings:
        if reading.id in rule.readings:
            yield from figures_in(plain(reading.text.zh))


def _of_the_period(notice: Notice, effect: Effect) -> bool:
    """The insured year is the notice's own: its days, and the day after it, need no figure."""
    if effect.kind == "first":
        return effect.value in (notice.period_first, notice.period_last + timedelta(days=1))
    return effect.kind == "last" and effect.value == notice.period_last
