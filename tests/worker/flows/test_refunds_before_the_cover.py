"""Who leaves before the cover begins: Jilin's funds have their share back, Changchun refunds whom a clerk ruled out."""

from datetime import date

import pytest

from tests.adapters.bureau.reading import OTHER_COVER, lines_of
from tests.worker.flows.refunding import asked_back, cases, reviewed
from tests.worker.flows.test_what_is_known_later import pay_all
from tests.worker.flows.town import Town, cert
from worker.duplicates.review import review
from worker.duplicates.rule import rule
from worker.handoff.assisted import assisted_here


def test_assistance_whose_fund_has_its_share_of_a_refund_assists_nobody(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that another area may be claimed for, and a claim is not refused for what stands here no more."""
    jilin, paid, left = Town.of(monkeypatch, "220281", 2021), date(2020, 11, 2), date(2020, 12, 1)
    jilin.enrol(1, date(2020, 10, 9))
    jilin.flag(1, "低保", "2019-03-01", day=date(2020, 10, 9))
    jilin.tick(date(2020, 10, 9), "assess")
    pay_all(jilin, paid)
    jilin.pay_out(paid)
    assert jilin.assistance(1) == [("minimum_living_allowance", "medical_assistance", "after_payment", 13000, "paid")]

    def assisted() -> bool:
        with jilin.house.engine.connect() as connection:
            return assisted_here(connection, 1, 2021, "resident_medical")

    (case,) = asked_back(jilin, 1, "joined_employee_scheme", left, event_on=left).cases
    assert assisted(), "asked for only"
    reviewed(jilin, case, left)
    assert jilin.desk.rows("SELECT source, amount FROM refund_item WHERE route = 'fund' AND state = 'paid'") == [
        ("medical_assistance", 13000)
    ]
    assert not assisted()
    jilin.assert_books_hold()
    jilin.house.engine.dispose()


def test_changchun_refunds_whom_a_clerk_ruled_out_before_the_cover_begins(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """五：未开始前……可同步办理参保终止和个人退费；待遇享受期开始后……不予办理个人退费; between the two: R32."""
    town, later = Town.of(monkeypatch, "220106", 2022), date(2022, 2, 1)
    town.enrol(4, date(2021, 10, 9))
    town.tick(date(2021, 10, 9), "assess")
    for (due,) in town.desk.rows("SELECT id FROM due WHERE person_id < 4"):
        town.pay(due, date(2021, 11, 2))
    town.tick(date(2021, 11, 2), "pull_payments")
    for person, since, told in (
        (4, "2021-11-20", date(2021, 11, 30)), (1, "2021-11-20", date(2021, 12, 1)),
        (2, "2021-11-20", later), (3, "2022-01-20", later),
    ):  # fmt: skip
        row = OTHER_COVER | {"cert_no": cert(person), "since": since}
        town.desk.take(lines_of(row), f"other-{person}.csv", told)
        town.tick(told, "duplicates")
        found = town.desk.one(f"SELECT id FROM duplicate_case WHERE person_id = {person} AND found_by = 'other_cover'")
        with town.house.engine.begin() as connection:
            rule(connection, town.area, found, "周", told, "terminate", "已核实")
            review(connection, town.area, found, True, "吴", "已核", told)
        town.tick(told, "duplicates")
    left, (medical, care) = "joined_employee_scheme", (36000, 1000)
    assert cases(town) == [(left, state) for state in ("decided", "undetermined", "refused") for _ in (medical, care)]
    given = "SELECT i.amount FROM refund_item i JOIN refund_case c ON c.id = i.case_id WHERE c.person_id = 1 ORDER BY 1"
    for case in (1, 2):
        reviewed(town, case, date(2021, 12, 2))
    assert town.desk.rows(given) == [(care,), (medical,)]
    town.tick(date(2021, 12, 2), "disburse")
    assert sorted(one["amount"] for one in town.treasury.orders.values()) == [care, medical], "to their own accounts"
    for (due,) in town.desk.rows("SELECT id FROM due WHERE person_id = 4"):
        town.pay(due, later)  # before tax has withdrawn what is asked of a closed enrolment
    town.tick(later, "pull_payments", "refunds")
    crossed = "SELECT state, amount FROM refund_case WHERE person_id = 4 ORDER BY amount"
    assert town.desk.rows(crossed) == [("decided", care), ("decided", medical)], "no cover of it ever begins"
    town.assert_books_hold()
    town.house.engine.dispose()
