"""The words of the questions and answers, in their fixed order, with their Chinese and English names.

The order of each tuple is a number on the wire of the bulk evaluator (``policies.people``): new words go at the end.
"""

from __future__ import annotations

from typing import Final

CATEGORIES: Final[tuple[str, ...]] = (
    "extreme_poverty",
    "orphan",
    "de_facto_unsupported_child",
    "minimum_living_allowance",
    "registered_poor",
    "returned_to_poverty",
    "unstable_out_of_poverty",
    "other_out_of_poverty",
    "edge_household",
    "severe_disability",
    "military_preferential",
    "family_planning_household",
    "model_worker",
    "distressed_veteran",
    "distressed_child",
)
"""Identity categories; the position is the ``flag_category`` code."""

SOURCES: Final[tuple[str, ...]] = (
    "medical_assistance",
    "fiscal",
    "municipal_fiscal",
    "district_fiscal",
    "county_fiscal",
    "veterans_affairs",
    "health_commission",
    "trade_union",
)
"""Who funds assistance."""

INSURANCES: Final[tuple[str, ...]] = ("resident_medical", "long_term_care")
"""What is levied for; on the wire of the national platform 390 and 410."""

CIRCUMSTANCES: Final[tuple[str, ...]] = (
    "demobilised_soldier",
    "returning_graduate",
    "released_prisoner",
    "missing_person",
    "moved_in",
    "unemployed_graduate",
    "late_newborn",
    "foundling",
    "employment_ended",
    "found_unenrolled",
    "new_employment_form",
    "household_enrolled",
    "individually_enrolled",
    "no_other_cover",
    "employee_to_resident",
)
"""Circumstances of an enrolment; the position is the bit of the ``circumstances`` mask."""

STUDENT_STAGES: Final[tuple[str, ...]] = ("none", "school", "college")
"""``student_stage`` codes; ``none`` is never written in a question."""

PRIOR_SCHEMES: Final[tuple[str, ...]] = ("none", "employee", "resident")
"""``prior_scheme`` codes; ``none`` is never written in a question."""

OUTCOMES: Final[tuple[str, ...]] = ("due", "no_due", "refer", "closed", "undetermined")
RATE_CLASSES: Final[tuple[str, ...]] = ("adult", "minor_or_student", "uniform", "newborn", "full_funding")
TIMINGS: Final[tuple[str, ...]] = ("at_levy", "after_payment", "sponsor")
FLOWS: Final[tuple[str, ...]] = ("net_levy", "gross_levy", "mixed", "sponsor", "plain", "none")
CHANNELS: Final[tuple[str, ...]] = ("ordinary", "special", "sponsor")

NAMES: Final[dict[str, tuple[str, str]]] = {
    "extreme_poverty": ("特困", "extreme poverty"),
    "orphan": ("孤儿", "orphan"),
    "de_facto_unsupported_child": ("事实无人抚养儿童", "de facto unsupported child"),
    "minimum_living_allowance": ("低保", "minimum living allowance"),
    "registered_poor": ("建档立卡", "registered poor"),
    "returned_to_poverty": ("返贫致贫", "returned to poverty"),
    "unstable_out_of_poverty": ("脱贫不稳定且纳入监测", "unstable out of poverty, monitored"),
    "other_out_of_poverty": ("未纳入监测的其他脱贫人口", "other out of poverty, not monitored"),
    "edge_household": ("边缘户", "edge household"),
    "severe_disability": ("重度残疾", "severe disability"),
    "military_preferential": ("优抚", "military preferential treatment"),
    "family_planning_household": ("计生户", "family planning household"),
    "model_worker": ("困难劳模", "model worker in hardship"),
    "distressed_veteran": ("困难退役军人", "distressed veteran"),
    "distressed_child": ("困境儿童", "distressed child"),
    "medical_assistance": ("医疗救助资金", "medical assistance fund"),
    "fiscal": ("财政资金", "public finance"),
    "municipal_fiscal": ("市财政", "municipal finance"),
    "district_fiscal": ("区财政", "district finance"),
    "county_fiscal": ("县财政", "county finance"),
    "veterans_affairs": ("退役军人事务局", "veterans affairs bureau"),
    "health_commission": ("卫健局", "health commission"),
    "trade_union": ("总工会", "trade union federation"),
    "resident_medical": ("居民医保", "resident medical insurance"),
    "long_term_care": ("长期护理保险", "long-term care insurance"),
}
"""Chinese and English names of categories, sources and insurances, for sentences to people."""


def name_zh(word: str) -> str:
    """The Chinese name of a word of the vocabulary, or the word itself where none is kept."""
    return NAMES.get(word, (word, word))[0]


def name_en(word: str) -> str:
    """The English name of a word of the vocabulary, or the word itself where none is kept."""
    return NAMES.get(word, (word, word))[1]


FACTS: Final[dict[str, str]] = {
    "birth_date": "出生日期",
    "paid_on": "缴费日",
    "registered_on": "参保登记日",
    "household_area": "户籍地",
    "residence_area": "居住地",
    "student.enrolled_on": "入学日",
    "student.school_area": "学籍地",
    "prior_cover": "原参保情况",
    "lapsed_years": "断缴年数",
    "repaired_years": "修复年数",
    "ruling": "裁定",
}
"""Chinese names of the facts a question may lack."""


def fact_zh(name: str) -> str:
    """A fact or a local parameter in Chinese, with its name in the question beside it."""
    if name.startswith("local."):
        return f"当地参数{name.removeprefix('local.')}"
    return f"{FACTS[name]}（{name}）" if name in FACTS else name
