"""Applications for assistance: each is kept once, and whoever applied is assessed again."""

from datetime import date

from sqlalchemy import text

from tests.adapters.bureau.reading import APPLICATION, ENROLMENT, lines_of
from tests.worker.intake.conftest import Desk
from worker.report.telling import told

LATER = date(2021, 3, 15)
KEPT = "SELECT insured_year, area, category, applied_on, business_date FROM application ORDER BY id"


def settle(desk: Desk) -> None:
    with desk.engine.begin() as connection:
        connection.execute(text("UPDATE enrolment SET stale = false"))


def test_an_application_is_kept_with_its_day_and_its_person_is_assessed_again(desk: Desk) -> None:
    desk.take(lines_of(ENROLMENT))
    settle(desk)
    taken = desk.take(lines_of(APPLICATION | {"applied_on": "2021-03-02"}), "applications.csv", LATER)
    assert (taken.kind, taken.added, taken.quarantined) == ("applications", 1, 0)
    assert desk.rows(KEPT) == [(2021, "610922", "minimum_living_allowance", date(2021, 3, 2), LATER)]
    assert desk.one("SELECT stale FROM enrolment") is True
    said, _ = told("application.received", desk.facts("application.received")[0])
    assert said.startswith("applied 申请 for assistance of 2021 (低保")
    assert desk.chain_is_whole()


def test_the_same_application_listed_again_is_no_second_one(desk: Desk) -> None:
    desk.take(lines_of(ENROLMENT))
    desk.take(lines_of(APPLICATION), "first.csv", LATER)
    settle(desk)
    again = desk.take(lines_of(APPLICATION, APPLICATION | {"category": "建档立卡"}), "monthly.csv", LATER)
    assert (again.added, again.unchanged) == (1, 1)
    assert desk.one("SELECT count(*) FROM application") == 2
    settle(desk)
    assert desk.take(lines_of(APPLICATION) + "\n", "the same.csv", LATER).unchanged == 1
    assert desk.one("SELECT stale FROM enrolment") is False


def test_somebody_enrolled_elsewhere_may_apply_where_the_identity_was_recognised(desk: Desk) -> None:
    assert desk.take(lines_of(APPLICATION), "applications.csv").added == 1
    assert desk.rows("SELECT person_no FROM person p JOIN application a ON a.person_id = p.id") == [(None,)]


def test_a_bad_application_is_quarantined_and_a_later_list_of_the_same_year_settles_it(desk: Desk) -> None:
    unborn = APPLICATION | {"applied_on": "2199-01-01"}
    unread = APPLICATION | {"cert_no": "610922199003078510"}
    assert desk.take(lines_of(unborn, unread), "applications.csv").quarantined == 2
    assert [row.problems[0].code for row in desk.held()] == ["in_future", "cert_checksum"]
    desk.take(lines_of(APPLICATION | {"insured_year": "2022"}), "next year.csv", LATER)
    assert len(desk.held()) == 2
    desk.take(lines_of(APPLICATION), "mended.csv", LATER)
    assert [row.problems[0].code for row in desk.held()] == ["cert_checksum"]
