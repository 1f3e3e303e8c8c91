"""Planting bad rows of every kind, and noting what an intake must find."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from adapters.simulators.bureau.lists import DroppedList

Row = dict[str, str]

_TO_FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


@dataclass(frozen=True)
class Mishap:
    """One way a row goes wrong: the field and the code that an intake reports, and what happens to the cells."""

    field: str
    code: str
    happen: Callable[[Row], Mapping[str, str]]
    only_text: bool = False


def _wrong_check_digit(row: Row) -> Mapping[str, str]:
    number = row["cert_no"]
    return {"cert_no": number[:17] + ("0" if number[17] != "0" else "1")}


def _next_year(row: Row) -> Mapping[str, str]:
    return {"birth_date": f"{int(row['birth_date'][:4]) - 1}-01-15"}


_IDENTITY = (
    Mishap("cert_no", "cert_checksum", _wrong_check_digit),
    Mishap("cert_no", "cert_date", lambda row: {"cert_no": row["cert_no"][:10] + "1332" + row["cert_no"][14:]}),
    Mishap("cert_no", "cert_length", lambda row: {"cert_no": row["cert_no"][:6] + row["cert_no"][8:17]}),
    Mishap("cert_no", "full_width", lambda row: {"cert_no": row["cert_no"].translate(_TO_FULL_WIDTH)}),
    Mishap("cert_no", "scientific_notation", lambda row: {"cert_no": f"{row['cert_no'][0]}.{row['cert_no'][1:6]}E+17"}),
    Mishap("cert_no", "missing", lambda _: {"cert_no": ""}),
)
MISHAPS: Mapping[str, tuple[Mishap, ...]] = {
    "enrolments": (
        *_IDENTITY,
        Mishap("name", "missing", lambda _: {"name": " "}),
        Mishap("name", "placeholder", lambda _: {"name": "#N/A"}),
        Mishap("name", "format", lambda row: {"name": row["name"] + "2"}),
        Mishap("name", "control_character", lambda row: {"name": row["name"] + "\x00"}, only_text=True),
        Mishap("name", "too_long", lambda row: {"name": row["name"] * 400}),
        Mishap("birth_date", "birth_date_differs", _next_year),
        Mishap("birth_date", "date", lambda _: {"birth_date": "2020-02-30"}),
        Mishap("person_type", "unknown_value", lambda _: {"person_type": "1999"}),
        Mishap("town", "unknown_town", lambda _: {"town": "石头镇"}),
        Mishap("area", "unknown_area", lambda _: {"area": "610999"}),
        Mishap("insured_year", "placeholder", lambda _: {"insured_year": "NaN"}),
        Mishap("household_area", "format", lambda _: {"household_area": "6109"}),
        Mishap("circumstances", "unknown_value", lambda _: {"circumstances": "其他原因"}),
        Mishap("student_stage", "incomplete", lambda _: {"student_stage": "school", "school_area": ""}),
        Mishap("prior_scheme", "incomplete", lambda _: {"prior_scheme": "employee", "prior_ended_on": ""}),
        Mishap("registered_on", "in_future", lambda _: {"registered_on": "2199-01-01"}),
        Mishap("", "quoting", lambda row: {"name": '"' + row["name"]}, only_text=True),
        Mishap("", "cell_count", lambda row: {"name": row["name"] + ",x"}, only_text=True),
    ),
    "flags": (
        *_IDENTITY,
        Mishap("category", "unknown_category", lambda _: {"category": "五保户亲属"}),
        Mishap("recognised_on", "missing", lambda _: {"recognised_on": ""}),
        Mishap("recognised_on", "date", lambda _: {"recognised_on": "去年"}),
        Mishap("recognised_on", "in_future", lambda _: {"recognised_on": "2199-01-01", "revoked_on": ""}),
        Mishap("revoked_on", "revoked_before_recognised", lambda _: {"revoked_on": "1990-01-01"}),
        Mishap("area", "format", lambda _: {"area": "石泉"}),
    ),
    "accounts": (
        *_IDENTITY,
        Mishap("account_no", "placeholder", lambda _: {"account_no": "NaN"}),
        Mishap("account_no", "scientific_notation", lambda _: {"account_no": "6.21700E+18"}),
        Mishap("account_no", "full_width", lambda row: {"account_no": row["account_no"].translate(_TO_FULL_WIDTH)}),
        Mishap("account_no", "format", lambda _: {"account_no": "12345"}),
        Mishap("bank", "missing", lambda _: {"bank": ""}),
    ),
}


def spoil(rng: np.random.Generator, dropped: DroppedList, share: float, first_kind: int = 0) -> int:
    """Spoil about ``share`` of the rows, kinds in turn from ``first_kind``, and repeat two; returns the next kind."""
    kinds = [mishap for mishap in MISHAPS[dropped.kind] if not (mishap.only_text and dropped.is_workbook)]
    exposed = len(dropped.rows) - dropped.safe
    wanted = min(exposed // 4, max(1, round(exposed * share)))
    positions = np.sort(rng.choice(exposed, wanted + 2, replace=False)).tolist() if wanted else []
    for turn, position in enumerate(positions[:wanted]):
        mishap = kinds[(first_kind + turn) % len(kinds)]
        row = dict(zip(dropped.fields, dropped.rows[position], strict=True))
        dropped.rows[position] = list((row | dict(mishap.happen(row))).values())
        dropped.expected[position] = (mishap.field, mishap.code)
    for position, code in zip(positions[wanted:], ("duplicate", "duplicate_differs"), strict=False):
        _repeat(dropped, position, code)
    return first_kind + wanted


def _repeat(dropped: DroppedList, position: int, code: str) -> None:
    row = dict(zip(dropped.fields, dropped.rows[position], strict=True))
    changed = {"enrolments": "household_no", "flags": "memo", "accounts": "bank"}[dropped.kind]
    if code == "duplicate_differs":
        row[changed] = row[changed] + "0"
    dropped.expected[len(dropped.rows)] = ("cert_no", code)
    dropped.rows.append(list(row.values()))
