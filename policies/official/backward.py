"""From text to rule: every number, date and clause of the text is encoded, or left out for a reason that is given."""

from __future__ import annotations

from collections.abc import Iterator

from policies.notice import Notice
from policies.official.clauses import OfficialText
from policies.official.figures import Figure
from policies.official.finding import Finding, Sentence
from policies.official.furniture import plain
from policies.official.record import NotEncoded
from policies.official.standing import bounds, matches, taken_by


def wording_is_kept(notice: Notice, text: OfficialText) -> Iterator[Finding]:
    """Every clause reads as it did when it was encoded, and none is missing or new."""
    for place, part in text.items():
        kept = notice.fingerprints.get(place)
        problem = Sentence(
            f"{place}与编码时措辞不同：指纹原为{kept or '无'}，现为{part.fingerprint}",
            f"{place} is not worded as it was encoded: fingerprint {kept or 'none'} kept, {part.fingerprint} found",
        )
        yield Finding("wording", place, None if kept == part.fingerprint else problem)
    for place in notice.fingerprints:
        if place not in text:
            gone = Sentence(
                f"有{place}的指纹，原文却没有此条", f"{place} has a fingerprint, but the text has no such clause"
            )
            yield Finding("wording", place, gone)


def figures_are_accounted_for(notice: Notice, text: OfficialText) -> Iterator[Finding]:
    """Every single number and date of the text was taken by a rule, or is left out with a reason."""
    taken = {(clause, figure.at) for rule in notice.rules() for clause, figure in taken_by(rule, text)}
    left = {(place, figure.at) for entry in notice.not_encoded for place, figure in _left_by(entry, text)}
    for place, part in text.items():
        for figure in part.figures:
            good = (place, figure.at) in taken | left or _names_the_notice(notice, figure)
            around = part.text[max(figure.at - 6, 0) : figure.at + len(figure.written) + 6]
            problem = Sentence(
                f"{place}的{figure.written}（“{around}”）没有规则对应",
                f"no rule accounts for {figure.written} in {place}",
            )
            yield Finding("figures", place, None if good else problem)


def clauses_are_accounted_for(notice: Notice, text: OfficialText) -> Iterator[Finding]:
    """Every clause that holds a sentence is cited by a rule or a bound, or left out with a reason."""
    cited = _cited(notice)
    whole = {place for entry in notice.not_encoded if entry.whole for place in entry.clauses}
    for place, part in text.items():
        if part.rules_something:
            problem = Sentence(f"{place}没有规则对应", f"no rule accounts for clause {place}")
            yield Finding("clauses", place, None if place in cited | whole else problem)


def left_out_is_there(notice: Notice, text: OfficialText) -> Iterator[Finding]:
    """What is left out is in the text, and no rule claims it after all."""
    cited = _cited(notice)
    taken = {(clause, figure.at): rule.id for rule in notice.rules() for clause, figure in taken_by(rule, text)}
    for entry in notice.not_encoded:
        for place in entry.clauses:
            yield Finding("left_out", place, _contradicted(entry, place, text, cited, taken))


def _contradicted(
    entry: NotEncoded, place: str, text: OfficialText, cited: set[str], taken: dict[tuple[str, int], str]
) -> Sentence | None:
    """What is wrong with leaving this out of this clause, if anything is."""
    if place not in text:
        return Sentence(f"not_encoded所列{place}原文没有", f"not_encoded names {place}, which the text lacks")
    if entry.whole and place in cited:
        return Sentence(
            f"not_encoded将{place}整条略去，但有规则引用它：请写明数字或 partly",
            f"not_encoded leaves {place} out as a whole, but a rule cites it: name the figures, or write partly",
        )
    if entry.partly and place not in cited:
        return Sentence(
            f"not_encoded称{place}部分未编码，但没有规则引用它",
            f"not_encoded leaves out a part of {place}, but no rule cites the rest",
        )
    for written in entry.figures:
        found = matches(text, place, written)
        if len(found) != 1:
            return Sentence(
                f"not_encoded略去的{written}在{place}中有{len(found)}处（多处时写明第几个，如{written}#1）",
                f"not_encoded leaves out {written}, which stands {len(found)} times in {place} "
                f"(where it is several, say which, as {written}#1)",
            )
        claimed = taken.get((place, found[0].at))
        if claimed:
            return Sentence(
                f"not_encoded略去{place}的{written}，规则{claimed}却取用了它",
                f"not_encoded leaves out {written} of {place}, which rule {claimed} takes",
            )
    return None


def _cited(notice: Notice) -> set[str]:
    rules = {clause for rule in notice.rules() for clause in rule.clauses}
    return rules | {clause for _, bound in bounds(notice) for clause in bound.clauses}


def _left_by(entry: NotEncoded, text: OfficialText) -> Iterator[tuple[str, Figure]]:
    for place in entry.clauses:
        if entry.whole and place in text:
            yield from ((place, figure) for figure in text[place].figures)
        for written in entry.figures:
            yield from ((place, figure) for figure in matches(text, place, written))


def _names_the_notice(notice: Notice, figure: Figure) -> bool:
    """The insured year and the document number are the notice's own."""
    own_number = figure.kind == "document" and plain(notice.document_number).endswith(figure.written)
    return own_number or (figure.kind == "year" and figure.value == (notice.insured_year,))
