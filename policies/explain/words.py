"""What a rule asked of a person, beside what is known: a sentence for each kind of question."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from typing import Any, Final

from policies import atoms
from policies.atoms import Atom
from policies.calendar import add_days
from policies.facts import Facts
from policies.vocabulary import FACTS, name_en, name_zh

Both = tuple[str, str]
"""A text in Chinese and in English."""

UNKNOWN: Final[Both] = ("未知", "not known")
NONE: Final[Both] = ("无", "none")
_WORDS: Final[dict[str, Both]] = {
    "standard": ("个人缴费标准", "the standard premium"),
    "full_funding": ("筹资标准", "the full funding standard"),
    "net_levy": ("先补后征", "net levy"),
    "gross_levy": ("先征后补", "gross levy"),
    "none": ("非学生", "no student"),
    "school": ("中小学在校生", "pupil"),
    "college": ("大中专学生", "college student"),
    "employee": ("职工医保", "employee scheme"),
    "resident": ("居民医保", "resident scheme"),
    "demobilised_soldier": ("退役士兵", "demobilised soldier"),
    "returning_graduate": ("外省市毕业回户籍地", "returning graduate"),
    "released_prisoner": ("刑满释放", "released prisoner"),
    "missing_person": ("失联人员", "missing person"),
    "moved_in": ("当年新迁入户口", "household moved in this year"),
    "unemployed_graduate": ("未及时就业的毕业生", "unemployed graduate"),
    "late_newborn": ("未在90天内参保的新生儿", "newborn not enrolled within 90 days"),
    "foundling": ("新接收弃婴", "foundling"),
    "employment_ended": ("职工医保断保", "employment ended"),
    "found_unenrolled": ("排查发现未参保", "found unenrolled"),
    "new_employment_form": ("新业态凭居住证初次参保", "new form of employment"),
    "household_enrolled": ("以户为单位参保", "enrolled by household"),
    "individually_enrolled": ("经核实未以户参保", "verified as not by household"),
    "no_other_cover": ("无其他医疗保障", "no other cover"),
    "employee_to_resident": ("职工转居民", "employee to resident"),
}
_PLACES: Final[dict[str, Both]] = {
    "here": ("本参保地", "the place of enrolment"),
    "in_notice": ("本通知适用地区内", "within the notice's areas"),
    "outside": ("本通知适用地区外", "outside of the notice's areas"),
    "anywhere": ("任何地方", "anywhere"),
}
_NAMES: Final[dict[str, Both]] = {
    "birth_date": ("出生日期", "born on"),
    "paid_on": ("缴费日", "paid on"),
    "student": ("学生身份", "student"),
    "student.enrolled_on": ("入学日", "enrolled at school on"),
    "student.school_area": ("学籍地", "school in"),
    "circumstances": ("情形", "circumstances"),
    "flags": ("身份", "identities"),
    "prior_cover": ("原参保", "earlier cover"),
    "registered_on": ("参保登记日", "registered on"),
    "household_area": ("户籍地", "household in"),
    "residence_area": ("居住地", "residence in"),
    "pooling_area": ("参保地", "enrols in"),
}


def asked(atom: Atom, facts: Facts) -> Both:
    """What is known of the fact, and what the rule asks of it."""
    known, wanted = _known(atom, facts), _wanted(atom, facts)
    name = fact_name(atom.fact)
    return f"{name[0]}：{known[0]}；规则要求{wanted[0]}", f"{name[1]}: {known[1]}; the rule asks for {wanted[1]}"


def fact_name(fact: str) -> Both:
    """A fact's name in both languages."""
    if fact.startswith("local."):
        return f"当地参数{fact.removeprefix('local.')}", f"local parameter {fact.removeprefix('local.')}"
    return _NAMES.get(fact, (FACTS.get(fact, fact), fact))


def word(text: str) -> Both:
    """A word of a question in both languages."""
    return _WORDS.get(text, (name_zh(text), name_en(text)))


def listed(words: tuple[str, ...] | list[str]) -> Both:
    """Words side by side."""
    both = [word(one) for one in words]
    return ("、".join(zh for zh, _ in both), ", ".join(en for _, en in both)) if both else NONE


def _known(atom: Atom, facts: Facts) -> Both:
    question = facts.question
    match atom:
        case atoms.Studies():
            return word(question.student.stage if question.student else "none")
        case atoms.InCircumstance():
            return listed(question.circumstances)
        case atoms.HoldsIdentity(categories=categories):
            return _flags(categories, facts)
        case atoms.HadCover():
            return _prior(facts)
        case atoms.LocalIs(name=name) | atoms.LocalUnset(name=name):
            value = getattr(facts.local, name) if facts.local else None
            return ("未设定", "not set") if value is None else _worded(value)
        case atoms.EnrolledAtSchool():
            return _value(question.student.enrolled_on if question.student else NONE)
        case atoms.Located(place="school_area"):
            return _value(question.student.school_area if question.student else NONE)
        case atoms.Located(place=place):
            area = getattr(question, place)
            return NONE if area is None and question.knows(place) else _value(area)
    return _same(facts.paid_on) if atom.fact == "paid_on" else _value(getattr(question, atom.fact, None))


def _flags(categories: tuple[str, ...], facts: Facts) -> Both:
    held = facts.held(categories)
    zh = "、".join(f"{name_zh(one.category)}（{one.area}，{one.recognised_on}认定）" for one in held)
    en = ", ".join(f"{name_en(one.category)} ({one.area}, recognised {one.recognised_on})" for one in held)
    return (zh, en) if held else ("缴费日不具备", "not held on the day of payment")


def _prior(facts: Facts) -> Both:
    prior = facts.question.prior_cover
    if prior is None:
        return NONE
    scheme, area, months, ended = word(prior.scheme), _value(prior.area), _value(prior.months), _value(prior.ended_on)
    return (
        f"{scheme[0]}，{area[0]}，{months[0]}个月，{ended[0]}停止",
        f"{scheme[1]}, {area[1]}, {months[1]} months, ended {ended[1]}",
    )


def _wanted(atom: Atom, facts: Facts) -> Both:
    birth = facts.question.birth_date
    match atom:
        case atoms.Born(first=first, last=last) | atoms.Paid(first=first, last=last):
            return _span(first, last)
        case atoms.EnrolledAtSchool(first=first, last=last):
            return _span(first, last)
        case atoms.Unborn():
            return "缴费日之后出生", "a birth after the day of payment"
        case atoms.Studies(stages=words) | atoms.InCircumstance(words=words):
            return listed(words)
        case atoms.HoldsIdentity(categories=words, first=first, last=last, where=where):
            return _identity(listed(words), first, last, where)
        case atoms.HadCover():
            return _cover(atom)
        case atoms.RegisteredWithin(days=days) | atoms.PaidWithin(days=days):
            last = add_days(birth, days)
            return f"不晚于{last}（出生后{days}天）", f"{last} at the latest ({days} days after birth)"
        case atoms.Located(where=where):
            return _PLACES[where]
        case atoms.PoolsIn(areas=areas):
            return _same(", ".join(areas))
        case atoms.LocalIs(value=value):
            return _worded(value)
        case atoms.LocalUnset():
            return "未设定", "one that is not set"
        case atoms.PaidByLocalDay(name=name):
            day = getattr(facts.local, name) if facts.local else None
            if day is None:
                return f"当地参数{name}（未设定）", f"the local day {name} (not set)"
            return f"不晚于{day}（当地参数{name}）", f"{day} at the latest (local parameter {name})"
    # A kind of question without words of its own is told by its figures.
    told = ", ".join(f"{one.name} {getattr(atom, one.name)}" for one in fields(atom) if one.name != "fact")
    return _same(told)


def _identity(words: Both, first: date | None, last: date | None, where: str) -> Both:
    zh, en = words
    if where != "anywhere":
        zh, en = f"{zh}，认定地在{_PLACES[where][0]}", f"{en}, recognised in {_PLACES[where][1]}"
    if first or last:
        span = _span(first, last)
        zh, en = f"{zh}，认定于{span[0]}", f"{en}, recognised {span[1]}"
    return zh, en


def _cover(atom: atoms.HadCover) -> Both:
    parts: list[Both] = [word(atom.scheme)] if atom.scheme else []
    if atom.months:
        parts.append((f"至少{atom.months}个月", f"at least {atom.months} months"))
    if atom.first or atom.last:
        span = _span(atom.first, atom.last)
        parts.append((f"停止于{span[0]}", f"ended {span[1]}"))
    if atom.paid_within_months:
        months = atom.paid_within_months
        parts.append((f"停止后{months}个月内缴费", f"paid within {months} months of its end"))
    if atom.other_city:
        parts.append(("在其他市", "in another city"))
    if atom.recognised_before:
        words = listed(atom.recognised_before)
        parts.append((f"停止时已认定{words[0]}", f"{words[1]} recognised by its end"))
    return ("，".join(zh for zh, _ in parts), ", ".join(en for _, en in parts)) if parts else ("有", "any")


def _span(first: date | None, last: date | None) -> Both:
    if first and last:
        return f"{first}至{last}", f"{first} to {last}"
    return (f"{first}及以后", f"{first} or later") if first else (f"{last}及以前", f"{last} or earlier")


def _value(value: Any) -> Both:
    if isinstance(value, tuple):
        return value[0], value[1]
    return UNKNOWN if value is None else _same(value)


def _worded(value: Any) -> Both:
    return word(value) if isinstance(value, str) else _same(value)


def _same(value: Any) -> Both:
    if isinstance(value, bool):
        return ("是", "yes") if value else ("否", "no")
    return str(value), str(value)
