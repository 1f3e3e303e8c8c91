"""A mistake in a rule file is named with file, line and field, in a sentence; nothing wrong is loaded."""

from pathlib import Path

import pytest

from policies.load import NOTICES, UnknownNotice, available_notices, load_notice, read_notice
from policies.local import load_local
from policies.rulefile import RuleFileError
from tests.policies.every_notice import EXAMPLE, EXAMPLE_FILE

SHIQUAN = (NOTICES / "shiquan-2021.yaml").read_text(encoding="utf-8")


def test_every_notice_loads() -> None:
    assert "shiquan-2021" in available_notices()
    for name in available_notices():
        assert load_notice(name).notice == name


def test_an_unknown_notice_is_named_with_the_known_ones() -> None:
    with pytest.raises(UnknownNotice, match="shiquan-2021"):
        load_notice("shiquan-2022")


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("amount: 28000", "amount: 280.00", "rates.0.amount"),
        ("amount: 28000", "amount: -1", "rates.0.amount"),
        ("amount: 28000", "amuont: 28000", "rates.0.amuont: there is no such field"),
        ("insured_year: 2021\n", "", "insured_year: this field is missing"),
        ("insured_year: 2021\n", "insured_year: 2021\ninsured_year: 2022\n", "insured_year: this field is written"),
        ("    categories: military_preferential", "    categories: military", "is not a known identity category"),
        ("paid: {last: 2020-08-31}", "paid: {last: 2020-08-32}", "routes.0.when.paid.last"),
        ("circumstances: demobilised_soldier,", "circumstances: [],", "circumstances is empty"),
        ("paid: {last: 2020-08-31}", "paid: {}", "needs a first day, a last day or both"),
        ("paid: {first: 2021-01-01, last: 2021-03-31}", "paid: {first: 2022-01-01, last: 2021-01-01}", "after it ends"),
        ("cover: cover-from-birth", "cover: cover-from-brith", "which is not among covers_from"),
        ("- id: window", "- id: green-channel", "two rules are called green-channel"),
        ("readings: R18", "readings: R99", "follows reading R99"),
        ("clauses: 二(一)1\n", "clauses: 二（一）1\n", "is not a clause number"),
        ("took: {二: [280元]}\n    insurance", "took: {三: [280元]}\n    insurance", "takes numbers from 三"),
        ("took: {二: [280元]}\n    insurance", "took: {二: ['280元多']}\n    insurance", "is not one number or date"),
        ("local: {late_payers: standard}}", "local: {late_payer: standard}}", "does not leave open"),
        ("    when: {local: {late_payers: standard}}\n", "", "nobody can reach them"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_notice_is_told_with_its_place(right: str, wrong: str, told: str, tmp_path: Path) -> None:
    assert right in SHIQUAN
    path = tmp_path / "shiquan-2021.yaml"
    path.write_text(SHIQUAN.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(RuleFileError, match=r"shiquan-2021\.yaml") as error:
        read_notice(path)
    assert told in str(error.value)


@pytest.mark.parametrize(
    ("name", "right", "wrong", "at", "told"),
    [
        (
            "shiquan-2021",
            "amount: full",
            "amount: all",
            "amount: full",
            "shares.0.amount: this should be a whole number or 'full' or a share",
        ),
        (
            "hunan-2021",
            "{local: minimum_living_allowance}",
            "{lokal: x}",
            "{local: minimum_living_allowance}",
            "amount.lokal: there is no such field",
        ),
        (
            "hunan-2021",
            "{local: minimum_living_allowance}",
            "{local: x}",
            "shares: [{source: medical_assistance, amount: {local: minimum",
            "takes the local amount x, which",
        ),
        (
            "shiquan-2021",
            "cover: cover-from-birth",
            "cover: cover-from-brith",
            "cover: cover-from-birth",
            "routes.1.cover: rule newborn-of-2021 names",
        ),
        (
            "shiquan-2021",
            "readings: R18",
            "readings: R99",
            "readings: R18",
            "routes.10.readings: rule demobilised-soldier-first-half follows",
        ),
        ("shiquan-2021", "- id: window", "- id: green-channel", "- id: green-channel", "routes.9.id: two rules"),
        (
            "shiquan-2021",
            "- id: window",
            "- id: The Window",
            "- id: window",
            "routes.8.id: this should be written like",
        ),
        (
            "shiquan-2021",
            "paid: {last: 2020-08-31}",
            "paid: {last: '2020-08-31'}",
            "paid: {last: 2020-08-31}",
            "without quotes",
        ),
        ("shiquan-2021", "- id: window\n", "- id: window\n\tx: 1\n", "- id: window", "never with tabs"),
        (
            "shiquan-2021",
            "insured_year: 2021",
            "insured_year: <year>",
            "insured_year: 2021",
            "insured_year: this is still blank; here goes: year",
        ),
        (
            "example-2026",
            "years_below: 80, day:",
            "years_below: 80, on:",
            "years_below: 80, day:",
            "age.on: YAML reads this name as true or false",
        ),
        ("example-2026", "below: 80, day:", "below: 60, day:", "below: 80, day:", "nobody is at least 70 and below 60"),
        (
            "example-2026",
            "wait_months: 3",
            "wait_days: 90",
            "- id: cover-after-lapse",
            "lapse adds months to a fixed wait",
        ),
        (
            "example-2026",
            "first: 2026-03-01, last: 2026-03-31}]",
            "first: 2025-12-31, last: 2026-03-31}]",
            "when:\n      paid_in",
            "does not start after the one that ends on 2025-12-31",
        ),
        (
            "jilin-2021",
            "last: 2020-12-31}}\n    cover: cover-of",
            "last: 2020-12-30}}\n    cover: cover-of",
            "when: {paid: {first: 2021-01-01, last: 2021-09-30}}",
            "from 2020-12-31 to 2020-12-31, between window and later-payment",
        ),
        (
            "jilin-2021",
            "paid: {last: 2020-09-30}",
            "paid: {last: 2020-10-01}",
            "when: {paid: {first: 2020-10-01, last: 2020-12-31}}\n    cover",
            "the windows overlap",
        ),
    ],
)
def test_a_mistake_is_told_with_file_line_and_field(
    name: str, right: str, wrong: str, at: str, told: str, tmp_path: Path
) -> None:
    source = EXAMPLE_FILE if name == EXAMPLE else NOTICES / f"{name}.yaml"
    text = source.read_text(encoding="utf-8")
    assert right in text
    path = tmp_path / f"{name}.yaml"
    path.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(RuleFileError, match=rf"{name}\.yaml, line \d+") as error:
        read_notice(path)
    assert told in str(error.value)
    assert abs((error.value.line or 0) - (text[: text.index(at)].count("\n") + 1)) <= 1


def test_the_line_of_a_mistake_is_told(tmp_path: Path) -> None:
    path = tmp_path / "shiquan-2021.yaml"
    path.write_text(SHIQUAN.replace("amount: 28000", "amount: nothing", 1), encoding="utf-8")
    with pytest.raises(RuleFileError) as error:
        read_notice(path)
    wanted = SHIQUAN[: SHIQUAN.index("amount: 28000")].count("\n") + 1
    assert (error.value.line, error.value.field) == (wanted, "rates.0.amount")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "mapping of fields"),
        (b"- a", "mapping of fields"),
        (b"a: [", "not YAML"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"notice: !!python/object:os.system x", "cannot be read"),
        (b"notice: shiquan-2021\nareas: ['610922']\nlate_payers: sometimes\n", "line 3, late_payers"),
        (b"notice: jilin-2021\nareas: ['610922']\n", "complete jilin-2021"),
        (b"notice: shiquan-2021\nareas: ['610921']\n", "not governed"),
        (
            b"notice: shiquan-2021\nareas: ['610922']\nassistance:\n  poor: 7\n",
            "line 4, assistance.poor: 'poor' is not",
        ),
        (
            b"notice: shiquan-2021\nareas: ['610922']\nassistance: {orphan: {amount: 1, source: f}}\n",
            "orphan.source: 'f'",
        ),
        (b"notice: shiquan-2021\nareas: ['610922']\nassistance: {orphan: lots}\n", 'or a share such as "60%"'),
        (
            b"notice: shiquan-2021\nareas: ['610922']\nassistance:\n  orphan: 100\n",
            "line 4, assistance.orphan: shiquan",
        ),
        (b"notice: shiquan-2021\nareas: ['610922']\nfull_funding_standard: 28000\n", "does not exceed the individual"),
        (b"notice: shiquan-2021\nareas: ['610922']\nassistance: {orphan: 100}\n", "leaves no assistance for orphan"),
    ],
)
def test_a_mistake_in_local_parameters_is_told(content: bytes, told: str, tmp_path: Path) -> None:
    path = tmp_path / "local.yaml"
    path.write_bytes(content)
    with pytest.raises(RuleFileError, match=r"local\.yaml") as error:
        load_local(path, load_notice("shiquan-2021"))
    assert told in str(error.value)
