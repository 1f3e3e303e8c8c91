"""What becomes known after an amount was asked for or paid is set right to the fen, whichever way it goes."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from tests.worker.flows.town import Town, write_settings
from worker.season.books import AT_TAX
from worker.season.desk import Desk

OPENS, PAYS, LATER = date(2021, 10, 12), date(2021, 11, 2), date(2021, 11, 20)
NETTED = ("低保", "2021-03-01")
GIVEN = [
    ("minimum_living_allowance", "medical_assistance", "at_levy", 13000, "applied"),
    ("minimum_living_allowance", "municipal_fiscal", "after_payment", 7000, "granted"),
    ("minimum_living_allowance", "district_fiscal", "after_payment", 7000, "granted"),
]


@pytest.fixture
def changchun(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    """One adult of 绿园区: 360 yuan, of which medical assistance is netted at the levy and fiscal money follows."""
    town = Town.of(monkeypatch, "220106", 2022)
    town.enrol(1, OPENS)
    yield town
    town.assert_books_hold()
    town.house.engine.dispose()


def pay_all(town: Town, day: date) -> None:
    for due, (state, amount, paid) in town.dues().items():
        if state == "accepted":
            town.pay(due, day, amount - paid)
    town.tick(day, "pull_payments")


def test_both_flows_on_one_person(changchun: Town) -> None:
    changchun.flag(1, *NETTED, day=OPENS)
    changchun.tick(OPENS, "assess")
    assert sorted(amount for _, amount, _ in changchun.dues().values()) == [1000, 23000]
    changchun.pay(1, PAYS)
    changchun.tick(PAYS, "pull_payments")
    assert changchun.assistance(1) == GIVEN, "the medical premium is what cover and assistance hang on"
    changchun.pay(2, PAYS)
    changchun.tick(PAYS, "pull_payments")
    assert changchun.assistance(1) == GIVEN
    assert changchun.balance("premium_assisted") == -13000
    assert changchun.desk.one("SELECT benefit_start FROM enrolment") == date(2022, 1, 1)


def test_the_care_insurance_alone_pays_for_no_cover(changchun: Town) -> None:
    changchun.tick(OPENS, "assess")
    care = next(due for due, (_, amount, _) in changchun.dues().items() if amount == 1000)
    changchun.pay(care, PAYS)
    changchun.tick(PAYS, "pull_payments", "assess")
    assert changchun.desk.one("SELECT paid_on FROM due WHERE state = 'paid'") == PAYS
    assert len(changchun.dues()) == 2, "what is open stays as it was asked for, what is paid is not asked for again"
    assert changchun.assistance(1) == []


def test_an_identity_netted_too_late_is_owed_back_and_applied(changchun: Town) -> None:
    changchun.tick(OPENS, "assess")
    pay_all(changchun, PAYS)
    changchun.flag(1, *NETTED, day=LATER)
    changchun.tick(LATER, "assess")
    assert changchun.desk.rows("SELECT lowered FROM due WHERE lowered > 0") == [(13000,)]
    assert changchun.balance("overpaid") == -13000
    assert changchun.assistance(1) == GIVEN
    changchun.tick(LATER, "assess")
    assert changchun.balance("overpaid") == -13000, "what was set right once stays so"


def test_an_identity_that_had_ended_before_the_payment_is_asked_for_by_a_supplement(changchun: Town) -> None:
    changchun.flag(1, *NETTED, day=OPENS)
    changchun.tick(OPENS, "assess")
    pay_all(changchun, PAYS)
    changchun.flag(1, *NETTED, day=LATER, revoked_on="2021-10-20")
    changchun.tick(LATER, "assess")
    assert changchun.assistance(1) == [], "nothing had left: all of it is cancelled"
    supplement = "SELECT part, amount, channel, state FROM due WHERE part > 0"
    assert changchun.desk.rows(supplement) == [(1, 13000, "special", "accepted")]
    changchun.tick(LATER, "assess")
    assert len(changchun.dues()) == 3
    pay_all(changchun, LATER)
    assert changchun.dues()[3] == ("paid", 13000, 13000)
    assert changchun.balance("cleared_at_tax") == 37000
    assert changchun.desk.one("SELECT benefit_start FROM enrolment") == date(2022, 1, 1)


def test_a_supplement_that_is_not_owed_after_all_is_withdrawn(changchun: Town) -> None:
    changchun.flag(1, *NETTED, day=OPENS)
    changchun.tick(OPENS, "assess")
    pay_all(changchun, PAYS)
    changchun.flag(1, *NETTED, day=LATER, revoked_on="2021-10-20")
    changchun.tick(LATER, "assess")
    changchun.flag(1, *NETTED, day=LATER)
    changchun.tick(LATER, "assess", "assess")
    assert changchun.tax.voided == [changchun.reference(3)]
    assert changchun.dues()[3][0] == "void"
    assert changchun.assistance(1) == GIVEN


def test_an_identity_recognised_after_payment_waits_for_the_application(changchun: Town) -> None:
    changchun.tick(OPENS, "assess")
    pay_all(changchun, PAYS)
    changchun.flag(1, "低保", "2022-01-05", day=date(2022, 2, 1))
    changchun.tick(date(2022, 2, 1), "assess")
    assert changchun.assistance(1) == []
    changchun.apply(1, "低保", date(2022, 2, 10))
    for _ in range(2):
        changchun.tick(date(2022, 2, 11), "assess")
        assert [row[2:] for row in changchun.assistance(1)] == [
            ("after_payment", 13000, "granted"),
            ("after_payment", 7000, "granted"),
            ("after_payment", 7000, "granted"),
        ]
    assert changchun.balance("overpaid") == 0, "the levy stands as it was on the day of payment"


def test_a_better_identity_adds_the_difference_on_application(changchun: Town) -> None:
    changchun.flag(1, *NETTED, day=OPENS)
    changchun.tick(OPENS, "assess")
    pay_all(changchun, PAYS)
    changchun.pay_out(PAYS)
    changchun.flag(1, "特困", "2022-01-05", day=date(2022, 2, 1))
    changchun.tick(date(2022, 2, 1), "assess")
    assert len(changchun.assistance(1)) == 3, "nobody has applied"
    changchun.apply(1, "特困", date(2022, 2, 10))
    changchun.tick(date(2022, 2, 11), "assess")
    assert changchun.assistance(1)[3:] == [
        ("extreme_poverty", "medical_assistance", "after_payment", 9000, "granted")
    ], "360 yuan in all: 130 netted, 140 paid out, 90 more"


def test_what_is_netted_to_nothing_counts_once_the_rest_is_paid(changchun: Town) -> None:
    changchun.flag(1, "特困", "2021-03-01", day=OPENS)
    changchun.tick(OPENS, "assess")
    assert changchun.dues() == {1: ("accepted", 1000, 0)}, "the care insurance is never assisted"
    assert changchun.assistance(1) == []
    pay_all(changchun, PAYS)
    assert changchun.assistance(1) == [("extreme_poverty", "medical_assistance", "at_levy", 36000, "applied")]


def test_who_owes_nothing_is_covered_and_stays_so(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    town = Town.of(monkeypatch, "430124", 2021)
    town.enrol(1, date(2020, 9, 2))
    town.flag(1, "特困", "2020-03-01", day=date(2020, 9, 2))
    town.tick(date(2020, 9, 3), "assess")
    assert (town.dues(), town.desk.one("SELECT free_since FROM enrolment")) == ({}, date(2020, 9, 3))
    assert town.assistance(1) == [("extreme_poverty", "medical_assistance", "at_levy", 28000, "applied")]
    town.flag(1, "低保", "2020-12-01", day=date(2021, 3, 20))
    town.tick(date(2021, 3, 21), "assess")
    assert town.desk.one("SELECT benefit_start FROM enrolment") == date(2021, 1, 1), "the window has closed meanwhile"
    assert len(town.assistance(1)) == 1
    town.assert_books_hold()


def test_who_was_free_by_mistake_is_asked(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    town = Town.of(monkeypatch, "430124", 2021)
    town.enrol(1, date(2020, 9, 2))
    town.flag(1, "特困", "2020-03-01", day=date(2020, 9, 2))
    town.tick(date(2020, 9, 3), "assess")
    town.flag(1, "特困", "2020-03-01", day=date(2020, 10, 1), revoked_on="2020-08-01")
    town.tick(date(2020, 10, 2), "assess", "assess")
    assert town.dues() == {1: ("accepted", 28000, 0)}
    assert (town.assistance(1), town.balance("fund_claim")) == ([], 0)
    town.assert_books_hold()


def test_a_county_goes_over_from_gross_to_net_in_mid_season(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    local = {"notice": "hunan-2021", "areas": ["430124"], "assistance": {"minimum_living_allowance": 12000}}
    gross = write_settings(tmp_path / "gross.yaml", flow="gross_levy", **local)
    net = write_settings(tmp_path / "net.yaml", flow="net_levy", **local)
    changes = [{"since": date(2020, 11, 1), "file": str(net)}]
    settings = write_settings(tmp_path / "settings.yaml", local=str(gross), local_changes=changes)
    town = Town.of(monkeypatch, "430124", 2021, settings)
    town.enrol(3, date(2020, 9, 2))
    for person in (1, 2, 3):
        town.flag(person, "低保", "2020-03-01", day=date(2020, 9, 2))
    town.tick(date(2020, 9, 3), "assess")
    assert [row[:2] for row in town.dues().values()] == [("accepted", 28000)] * 3

    town.pay(1, date(2020, 10, 10))
    town.tick(date(2020, 10, 11), "pull_payments")
    town.pay(2, date(2020, 11, 1))
    town.tax.paid_already.add(town.reference(2))
    town.tick(date(2020, 11, 1), "assess", "assess")
    town.tick(date(2020, 11, 2), "pull_payments", "assess")
    assert [(state, amount) for state, amount, _ in town.dues().values()] == [
        ("paid", 28000), ("paid", 28000), ("void", 28000), ("accepted", 16000),
    ]  # fmt: skip
    town.pay(4, date(2020, 11, 5))
    town.tick(date(2020, 11, 6), "pull_payments", "assess")
    assert [town.assistance(person)[0][2:] for person in (1, 2, 3)] == [
        ("after_payment", 12000, "granted"),
        ("after_payment", 12000, "granted"),
        ("at_levy", 12000, "applied"),
    ]
    assert all(len(town.assistance(person)) == 1 for person in (1, 2, 3)), "nobody twice, nobody never"
    assert town.balance("overpaid") == 0
    town.assert_books_hold()


def test_what_is_owed_back_waits_as_a_refund_for_its_review(changchun: Town) -> None:
    changchun.tick(OPENS, "assess")
    pay_all(changchun, PAYS)
    changchun.pay(1, PAYS, 500)
    changchun.flag(1, *NETTED, day=LATER)
    changchun.tick(LATER, "pull_payments", "assess", "assess")
    assert changchun.desk.rows("SELECT reason, amount, state FROM refund_case ORDER BY amount") == [
        ("overpaid", 500, "decided"),
        ("overpaid", 13000, "decided"),
    ]


def test_tax_is_told_why_a_premium_is_paid_out_of_the_window(changchun: Town) -> None:
    changchun.flag(1, *NETTED, day=OPENS)
    changchun.tick(OPENS, "assess")
    pay_all(changchun, PAYS)
    changchun.flag(1, *NETTED, day=LATER, revoked_on="2021-10-20")
    changchun.tick(LATER, "assess")
    asked = changchun.tax.dues[changchun.reference(3)]
    assert (asked["collection_type"], asked["special"]["type"]) == ("supplement", "supplement")


@pytest.mark.parametrize(
    ("area", "year", "facts", "day", "amount", "kind"),
    [
        ("430124", 2021, {"circumstances": "released_prisoner"}, date(2021, 3, 15), 86000, "full_funding"),
        ("610922", 2021, {"circumstances": "demobilised_soldier"}, date(2021, 3, 15), 28000, "late"),
    ],
)
def test_who_pays_out_of_the_window_pays_through_the_special_channel(
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    area: str,
    year: int,
    facts: dict[str, str],
    day: date,
    amount: int,
    kind: str,
) -> None:
    town = Town.of(monkeypatch, area, year)
    town.enrol(1, day, **facts)
    town.tick(day, "assess")
    asked = town.tax.dues[town.reference(1)]
    assert (asked["amount"], asked["channel"], asked["special"]["type"]) == (amount, "special", kind)
    town.assert_books_hold()


def test_a_reversal_undoes_what_was_owed_back(changchun: Town) -> None:
    changchun.tick(OPENS, "assess")
    vouchers = [changchun.pay(due, PAYS) for due in (1, 2)]
    changchun.tick(PAYS, "pull_payments")
    changchun.flag(1, *NETTED, day=LATER)
    changchun.tick(LATER, "assess")
    assert changchun.balance("overpaid") == -13000
    changchun.reverse(vouchers[0], 1, LATER)
    changchun.reverse(vouchers[1], 2, LATER)
    changchun.tick(LATER, "pull_payments")
    assert (changchun.balance("overpaid"), changchun.balance("cleared_at_tax")) == (0, 0)
    assert changchun.assistance(1) == []
    assert changchun.desk.one("SELECT state FROM refund_case") == "withdrawn"
    changchun.tick(LATER, "assess", "assess")
    assert sorted(amount for state, amount, _ in changchun.dues().values() if state == "accepted") == [1000, 23000]
    pay_all(changchun, LATER)
    assert changchun.assistance(1) == GIVEN
    assert changchun.balance("overpaid") == 0


def test_a_premium_of_which_tax_gave_all_back_is_refunded_there_and_paid_here(changchun: Town) -> None:
    """The identity was known too late: nothing had been due. Ours is paid and lowered, theirs is refunded."""
    changchun.tick(OPENS, "assess")
    pay_all(changchun, PAYS)
    changchun.flag(1, "特困", "2021-03-01", day=LATER)
    changchun.tick(LATER, "assess")
    Desk(changchun.house, 1).work(LATER)
    changchun.tick(LATER, "refunds")
    (reference,) = changchun.tax.refunds
    changchun.refund(reference, LATER)
    changchun.tick(LATER, "pull_payments")
    rows = changchun.desk.rows(f"SELECT state, paid - lowered, {AT_TAX} FROM due WHERE standard = 36000")
    assert rows == [("paid", 0, "refunded")]


def test_two_insurances_are_paid_on_one_voucher(changchun: Town) -> None:
    changchun.flag(1, *NETTED, day=OPENS)
    changchun.tick(OPENS, "assess")
    voucher = changchun.pay(1, PAYS)
    changchun.pay(2, PAYS, voucher_no=voucher, line=2)
    changchun.tick(PAYS, "pull_payments")
    assert [state for state, _, _ in changchun.dues().values()] == ["paid", "paid"]
    assert changchun.desk.rows("SELECT voucher_no, line, due_id FROM payment ORDER BY line") == [
        (voucher, 1, 1),
        (voucher, 2, 2),
    ]
    changchun.reverse(voucher, 2, LATER)
    changchun.tick(LATER, "pull_payments")
    assert [state for state, _, _ in changchun.dues().values()] == ["paid", "paid"], "it has no line 1 of that due"
