"""A premium paid in the wrong area: from proposal to completion, with every other end that it may come to."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.worker.handoff.two_houses import CASE, JIAOHE, NOVEMBER, OCTOBER, SEPTEMBER, SHIQUAN, Pair, two_houses
from worker.handoff import acts
from worker.handoff.author import CannotStep
from worker.handoff.listing import OPEN_CASES
from worker.handoff.propose import Mistake, propose


def test_a_case_goes_from_the_wrong_payment_to_completion(pair: Pair) -> None:
    pair.propose()
    assert pair.origin.case() == pair.intended.case() == ("proposed", 1, JIAOHE)
    assert pair.origin.in_transit() == 0
    pair.accept()
    assert pair.origin.case() == pair.intended.case() == ("accepted", 2, JIAOHE)
    assert pair.origin.in_transit() == 28000
    pair.pay_there()
    assert pair.origin.case() == pair.intended.case() == ("paid", 3, SHIQUAN)
    pair.approve()
    assert pair.origin.case() == ("approved", 4, SHIQUAN)
    assert pair.origin.in_transit() == 28000
    pair.hold()
    pair.origin.refund_carried_out()
    pair.origin.tick(date(2020, 12, 1), "handoffs")
    assert pair.origin.case() == ("refunded", 5, JIAOHE)
    assert pair.origin.in_transit() == 0
    pair.intended.tick(date(2020, 12, 2), "handoffs")
    assert pair.origin.case() == pair.intended.case() == ("completed", 6, None)


def test_the_cover_at_the_intended_place_counts_from_the_first_payment(pair: Pair) -> None:
    cover = "SELECT benefit_start::text, benefit_end::text FROM enrolment"
    pair.propose()
    pair.accept()
    late = date(2021, 3, 10)
    pair.intended.tick(late, "assess")
    pair.pay_there(late)
    assert pair.intended.desk.rows(cover) == [("2021-06-11", "2021-12-31")], (
        "by its own payment it would wait till June"
    )
    pair.finish()
    assert pair.intended.desk.rows(cover) == [("2021-01-01", "2021-12-31")]
    said = pair.intended.desk.rows("SELECT facts->>'cover_from' FROM handoff_step WHERE what = 'completed'")
    assert said == [("2021-01-01",)]
    pair.intended.desk.engine.dispose()
    with pair.intended.desk.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE enrolment SET stale = true")
    pair.intended.tick(date(2021, 4, 1), "assess")
    assert pair.intended.desk.rows(cover) == [("2021-01-01", "2021-12-31")], "being assessed again changes nothing"


def test_a_first_payment_before_the_window_of_the_intended_place_counts_as_one_of_its_first_day(
    new_database: Callable[[], AbstractContextManager[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with two_houses(new_database, tmp_path, monkeypatch, paid=False) as pair:
        pair.origin.pay(1, SEPTEMBER)  # Jiaohe's window opens on 1 October only
        pair.origin.tick(SEPTEMBER, "pull_payments")
        pair.propose()
        pair.accept()
        pair.pay_there(date(2021, 3, 10))
        pair.finish()
        assert pair.intended.desk.rows("SELECT benefit_start::text FROM enrolment") == [("2021-01-01",)]
        pair.hold()


def test_the_intended_place_refuses_and_no_money_moves(pair: Pair) -> None:
    pair.propose()
    pair.intended.act(lambda c, h, d, k: acts.refuse(c, h, CASE.format(1), "moved on to a third county", d, k))
    assert pair.origin.case() == pair.intended.case() == ("refused", 2, None)
    assert pair.origin.desk.one("SELECT count(*) FROM transfer WHERE code LIKE 'handoff.%'") == 0
    pair.propose(2)
    assert pair.origin.case(2) == ("proposed", 1, JIAOHE), "a case that ended so leaves room for another"


def test_who_never_pays_at_the_intended_place_is_refused_after_all_and_the_money_stays_premium(pair: Pair) -> None:
    pair.propose()
    pair.accept()
    assert pair.origin.in_transit() == 28000
    pair.intended.act(lambda c, h, d, k: acts.refuse(c, h, CASE.format(1), "did not pay by the last day", d, k))
    assert pair.origin.case() == ("refused", 3, None)
    assert pair.origin.in_transit() == 0


def test_the_final_review_is_another_persons_and_may_find_against_the_refund(pair: Pair) -> None:
    pair.propose(clerk="chen")
    pair.accept()
    pair.pay_there()
    with pytest.raises(CannotStep, match="another person"):
        pair.approve(clerk=" Chen ")
    with pytest.raises(CannotStep, match="identity numbers"):
        pair.origin.act(
            lambda c, h, d, k: acts.reject(c, h, CASE.format(1), "610922199003078519 paid twice", d, k), clerk="zhou"
        )
    pair.origin.act(lambda c, h, d, k: acts.reject(c, h, CASE.format(1), "was no mistake", d, k), clerk="zhou")
    assert pair.intended.case() == ("rejected", 4, None)
    assert pair.origin.in_transit() == 0


def test_a_payment_that_tax_has_reversed_is_not_refunded(pair: Pair) -> None:
    pair.propose()
    pair.accept()
    pair.pay_there()
    pair.origin.reverse("V1", 1, NOVEMBER)
    pair.origin.tick(NOVEMBER, "pull_payments")
    with pytest.raises(CannotStep, match="reversed"):
        pair.approve()
    pair.origin.act(lambda c, h, d, k: acts.reject(c, h, CASE.format(1), "tax gave it back", d, k), clerk="zhou")
    assert pair.origin.in_transit() == 0


def test_what_the_notice_does_not_settle_or_forbids_is_not_proposed(pair: Pair) -> None:
    cases = [(True, False, "ruling is missing"), (False, True, "once benefits have been used")]
    for own_fault, used, why in cases:
        mistake = Mistake("6109220000000001", JIAOHE, own_fault, used, OCTOBER)
        with pytest.raises(CannotStep, match=why):
            pair.origin.act(lambda c, h, d, k, m=mistake: propose(c, h, m, CASE, d, k))
    assert pair.origin.history() == []


def test_somebody_who_is_not_enrolled_at_the_intended_place_cannot_be_accepted(pair: Pair) -> None:
    with pair.intended.house.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE enrolment SET insured_year = 2022; UPDATE due SET insured_year = 2022")
    pair.propose()
    with pytest.raises(CannotStep, match="enrolment list"):
        pair.accept()


def test_one_payment_is_handed_over_once(pair: Pair) -> None:
    pair.propose()
    with pytest.raises(CannotStep, match="handed over already"):
        pair.propose(2)


def test_nobody_is_named_in_steps_jobs_or_the_audit_log(pair: Pair) -> None:
    pair.propose()
    pair.accept()
    pair.pay_there()
    for house in pair.both:
        for table, column in (
            ("handoff_step", "facts"), ("job", "payload"), ("job", "key"), ("audit_event", "facts"),
            ("peer_reply", "reply"),
        ):  # fmt: skip
            found = f"SELECT count(*) FROM {table} WHERE {column}::text ~ '199003078519|张三'"
            assert house.desk.one(found) == 0, (table, column)


def test_a_step_that_takes_too_long_is_listed_as_overdue(pair: Pair) -> None:
    pair.propose()
    for house in pair.both:
        with house.house.engine.connect() as connection:
            for day, late in ((date(2020, 10, 25), 0), (date(2020, 10, 26), 1)):
                values = {"today": day, "overdue": True, "closed": False, "limit": 9}
                assert len(connection.execute(text(OPEN_CASES), values).all()) == late
