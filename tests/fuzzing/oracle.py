"""The bureau's rows read a second time, plainly and strictly, without anything of the readers: what is taken must be
what stands there, by this reading too.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import yaml

import adapters.bureau

_ROOM = Path(adapters.bureau.__path__[0])
_WORDS = yaml.safe_load((_ROOM / "vocabulary.yaml").read_text("utf-8"))
_CODES = yaml.safe_load((_ROOM / "identity_codes.yaml").read_text("utf-8"))
_AREAS = yaml.safe_load((_ROOM.parents[1] / "config" / "areas.yaml").read_text("utf-8"))
_DAYS = {
    "birth_date", "student_enrolled_on", "registered_on", "prior_ended_on", "recognised_on", "revoked_on", "applied_on",
    "event_on", "since",
}  # fmt: skip
_FOOTERS = ("合计", "总计", "共计", "小计", "审核", "制表", "填表", "经办", "单位", "备注", "说明", "注：", "注:")


def split(line: str, delimiter: str) -> list[str] | None:
    """The cells of one line of CSV by RFC 4180; None where its quotation marks do not pair."""
    cells, at = [], 0
    while True:
        if line[at : at + 1] == '"':
            cell, at = "", at + 1
            while True:
                end = line.find('"', at)
                if end < 0:
                    return None
                cell, at = cell + line[at:end], end + 1
                if line[at : at + 1] != '"':
                    break
                cell, at = cell + '"', at + 1
            if line[at : at + 1] not in ("", delimiter):
                return None
        else:
            end = line.find(delimiter, at)
            cell = line[at : end if end >= 0 else len(line)]
            at += len(cell)
        cells.append(cell)
        if at >= len(line):
            return cells
        at += 1


def is_footer(cells: list[str]) -> bool:
    """A total, a signature or a remark below a list."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    return 0 < len(filled) <= 3 and filled[0].startswith(_FOOTERS)


def check(field: str, cell: str, value: Any, row: dict[str, Any]) -> None:
    """Fail unless ``value`` is what the text of ``cell`` says. ``row`` holds the other values."""
    said = cell.strip(" \t\u3000\xa0")
    where = (field, cell, value)
    if value is None:
        assert said == "" or field == "memo", where
    elif field in _DAYS:
        assert type(value) is date and 1880 <= value.year <= 9999, where
        digits = re.fullmatch(r"([0-9]{4})\D?([0-9]{1,2})\D?([0-9]{1,2})(日|[ T]00:00.*)?", said)
        assert digits, where
        assert tuple(map(int, digits.groups()[:3])) == (value.year, value.month, value.day), where
    elif field in ("benefits_used", "own_fault", "flexible_employment", "entitled"):
        assert said in _all_words(field)["yes" if value else "no"], where
    elif field == "circumstances":
        parts = [part for part in re.split("[;；、,，|/ ]+", said) if part]
        assert parts and all(any(part in words for words in _all_words(field).values()) for part in parts), where
        assert set(value) == {code for code, words in _all_words(field).items() if set(words) & set(parts)}, where
    elif field == "category":
        codes = [table["codes"] for table in _CODES.get(row["area"][:2] + "0000", ())]
        assert said in _all_words(field)[value] or any(table.get(said) == value for table in codes), where
    elif field in _WORDS:
        assert said in _all_words(field)[value], where
    elif field == "town":
        assert any(
            said in (town["code"], town["name"]) for town in _AREAS[row["area"]]["towns"] if town["code"] == value
        ), where
    elif field == "insured_year":
        assert type(value) is int and re.fullmatch("20[0-9]{2}(0[1-9]|1[0-2])?", said) and said[:4] == str(value), where
    elif field in ("months", "prior_months"):
        assert type(value) is int and said == str(value) and 0 <= value <= 999, where
    elif field in ("household_area", "residence_area") and value == "":
        assert said in ("无", "none", "没有"), where
    elif field.endswith("area"):
        assert said == value and re.fullmatch("[1-9][0-9]{5}", value), where
    elif field == "cert_no":
        assert said.isascii() and said.upper() == value, where
        if row["cert_type"] in ("01", "17"):
            total = sum(int(digit) * (2 ** (17 - at) % 11) for at, digit in enumerate(value[:17]))
            assert len(value) == 18 and "10X98765432"[total % 11] == value[17], where
    elif field in ("person_no", "household_no"):
        assert said == value and re.fullmatch("[A-Za-z]{0,4}[0-9]{4,30}", value), where
    elif field == "account_no":
        assert said == value and re.fullmatch("[0-9]{10,30}", value), where
    elif field == "bank":
        assert said == value and value.isprintable() and len(value) <= 60 and sum(map(str.isdigit, value)) < 7, where
    elif field in ("name", "account_name"):
        assert (said == value and value.isprintable()) or "\ue000" <= max(value) <= "\uf8ff", where
        assert not any(map(str.isdigit, value)) and len(value) <= 50, where


def _all_words(field: str) -> dict[str, list[str]]:
    return {code: [code, *words] for code, words in _WORDS[field].items()}
