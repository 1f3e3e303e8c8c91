"""People enrolled twice: found once, decided by the notice or by a clerk, terminated and refunded, or suspended."""

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from tests.adapters.bureau.reading import ENROLMENT, OTHER_COVER, lines_of
from tests.worker.flows.conftest import LI
from tests.worker.flows.refunding import cases
from tests.worker.flows.stage import Stage
from worker.cli import duplicates
from worker.duplicates.decide import decide

SEPTEMBER, OCTOBER, NOVEMBER = date(2020, 9, 20), date(2020, 10, 15), date(2020, 11, 1)
LI_ELSEWHERE = OTHER_COVER | {"cert_no": LI["cert_no"], "since": "2020-09-20"}
OURS = {
    "scheme": "resident", "area": "220106", "usual_residence": True, "as_student": False, "months": None,
    "flexible_employment": False, "entitled": None,
}  # fmt: skip
EMPLOYEE = OURS | {"scheme": "employee", "usual_residence": None}


def found(stage: Stage) -> list[tuple[Any, ...]]:
    return stage.desk.rows("SELECT found_by, state, outcome, carried_out FROM duplicate_case ORDER BY id")


@pytest.fixture
def covered(stage: Stage) -> Stage:
    """Li has been in the employee scheme for fourteen months, as the bureau's list says; the notice of Shiquan has no
    rule on that.
    """
    stage.desk.take(lines_of(LI_ELSEWHERE), "other.csv", OCTOBER)
    stage.tick(OCTOBER, "duplicates", "duplicates")
    assert found(stage) == [("other_cover", "undetermined", None, False)]
    return stage


def ruled(outcome: str) -> None:
    arguments = ["decide", "1", "--outcome", outcome, "--by", "周", "--reason", "已核实"]
    assert CliRunner().invoke(duplicates.command, arguments).exit_code == 0
    if outcome != "keep":
        assert reviewed("--approve").output == "Case 1: agreed; the next `duplicates` tick carries it out.\n"


def reviewed(answer: str, by: str = "吴") -> Result:
    return CliRunner().invoke(duplicates.command, ["review", "1", answer, "--by", by, "--reason", "已核"])


def test_what_the_notice_leaves_open_is_listed_with_what_is_missing(covered: Stage) -> None:
    listed = CliRunner().invoke(duplicates.command, ["list", "--json"])
    assert json.loads(listed.output) == {
        "id": 1, "person_no": "6109220000000002", "found_by": "other_cover", "other": "employee 610100 2020-09-20",
        "state": "undetermined", "outcome": None, "refund": None, "review": None, "missing": "ruling",
    }  # fmt: skip
    assert "本通知未规定此种重复参保如何清理" in CliRunner().invoke(duplicates.command, ["show", "1"]).output


def test_an_unpaid_due_of_a_terminated_enrolment_is_withdrawn_and_nothing_asked_again(covered: Stage) -> None:
    ruled("terminate")
    covered.tick(OCTOBER, "duplicates", "refunds", "assess")
    assert covered.dues() == {1: ("accepted", 28000, 0), 2: ("void", 28000, 0)}
    assert found(covered) == [("other_cover", "resolved", "terminate", True)]
    covered.desk.take(lines_of(ENROLMENT | LI | {"town": "饶峰镇"}), day=NOVEMBER)
    covered.tick(NOVEMBER, "assess", "duplicates")
    assert len(covered.dues()) == 2
    assert len(found(covered)) == 1


def test_what_a_terminated_enrolment_has_paid_becomes_a_case_and_ends_with_it(covered: Stage) -> None:
    covered.pay(2, OCTOBER)
    covered.tick(OCTOBER, "pull_payments")
    ruled("terminate")
    covered.tick(NOVEMBER, "duplicates", "duplicates")
    assert cases(covered) == [("joined_employee_scheme", "undetermined")], "whether benefits were used is not known"
    assert covered.desk.rows("SELECT event_on, entered_by FROM refund_case") == [(SEPTEMBER, "worker:tick.duplicates")]
    assert covered.desk.one("SELECT count(*) FROM enrolment WHERE benefit_start IS NULL") == 0


def test_a_suspended_cover_is_held_from_the_day_of_the_other_one(covered: Stage) -> None:
    ruled("suspend")
    covered.tick(OCTOBER, "duplicates")
    assert covered.desk.rows("SELECT suspended_on FROM enrolment ORDER BY id") == [(None,), (SEPTEMBER,)]
    assert covered.dues()[2] == ("accepted", 28000, 0)


def test_a_ruling_that_ends_a_cover_waits_for_another_person_and_does_nothing_until_then(covered: Stage) -> None:
    decide_it = ["decide", "1", "--outcome", "terminate", "--by", "周", "--reason", "已核实"]
    assert "another person reviews it" in CliRunner().invoke(duplicates.command, decide_it).output
    assert "周 asked for it, another person reviews that" in str(reviewed("--approve", " 周 ").exception)
    assert "waits for the review" in str(CliRunner().invoke(duplicates.command, decide_it).exception)
    covered.desk.take(lines_of(LI_ELSEWHERE | {"months": "20"}), "more.csv", OCTOBER)
    covered.tick(OCTOBER, "duplicates", "refunds", "assess")
    assert found(covered) == [("other_cover", "undetermined", None, False)]
    assert covered.dues()[2] == ("accepted", 28000, 0)
    assert reviewed("--reject").output == "Case 1: it stays as it is.\n"
    assert "nobody has asked for anything" in str(reviewed("--approve").exception)
    assert covered.desk.rows("SELECT state, review, decided_by FROM duplicate_case") == [
        ("undetermined", "rejected", None)
    ]
    ruled("terminate")
    covered.tick(NOVEMBER, "duplicates")
    assert found(covered) == [("other_cover", "resolved", "terminate", True)]
    events = [one for one in covered.desk.events() if one.startswith("duplicate.rul")]
    asked = "duplicate.ruling_asked"
    assert events == [asked, "duplicate.ruling_rejected", asked, "duplicate.ruled"]


def test_the_database_lets_nobody_end_a_cover_alone_where_the_notice_has_no_rule(covered: Stage) -> None:
    alone = "UPDATE duplicate_case SET state = 'resolved', outcome = 'suspend', decided_by = '周'"
    with pytest.raises(IntegrityError, match="two_people"), covered.house.engine.begin() as connection:
        connection.execute(text(alone))


def test_a_resolved_case_is_not_ruled_on_again(covered: Stage) -> None:
    ruled("keep")
    told = CliRunner().invoke(duplicates.command, ["decide", "1", "--months", "3", "--by", "周"])
    assert str(told.exception) == "case 1 is resolved: nothing of it waits for anybody"


def test_the_same_person_on_two_rosters_of_one_year_is_found_whichever_came_first(stage: Stage) -> None:
    with stage.house.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO enrolment SELECT (jsonb_populate_record(e, jsonb_build_object('id', 999, 'area',"
                " '220106', 'town', '220106001'))).* FROM enrolment e ORDER BY id LIMIT 1"
            )
        )
    stage.tick(OCTOBER, "duplicates", "duplicates")
    assert found(stage) == [("roster", "undetermined", None, False)]
    assert stage.desk.one("SELECT facts->1->>'area' FROM duplicate_case") == "220106"


def test_a_peers_notice_is_compared_with_our_roster(stage: Stage) -> None:
    with stage.house.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO peer_notice (peer, cert_index, cert_cipher, scheme, insured_year, since, months,"
                " as_student, flexible_employment, message) SELECT '220106', cert_index, cert_cipher, 'employee', 2021,"
                " DATE '2020-09-20', 14,"
                " false, false, 'M-1' FROM person WHERE id = 2"
            )
        )
    stage.tick(OCTOBER, "duplicates", "duplicates")
    assert stage.desk.rows("SELECT found_by, other, other_since FROM duplicate_case") == [
        ("peer_notice", "peer 220106 employee", SEPTEMBER)
    ]


def test_two_people_with_one_name_and_birth_date_are_only_a_suspicion(stage: Stage) -> None:
    passport = ENROLMENT | {"person_no": "6109220000000009", "cert_type": "07", "cert_no": "ABC123456789012"}
    assert stage.desk.take(lines_of(passport), day=OCTOBER).added == 1
    stage.tick(OCTOBER, "duplicates", "duplicates")
    assert found(stage) == [("same_name", "suspected", None, False)]
    assert stage.desk.events().count("duplicate.found") == 1
    ruled("terminate")
    stage.tick(OCTOBER, "duplicates", "refunds")
    assert stage.desk.rows("SELECT closed_because FROM enrolment ORDER BY id DESC LIMIT 1") == [("enrolled_elsewhere",)]


@pytest.mark.parametrize(
    ("other", "fate", "missing"),
    [
        (EMPLOYEE | {"months": 14, "flexible_employment": False}, "terminate", []),
        (
            EMPLOYEE | {"months": 14, "flexible_employment": None},
            None,
            ["enrolments.1.flexible_employment"],
        ),
        (EMPLOYEE | {"months": 11, "flexible_employment": False}, None, ["ruling"]),
        (EMPLOYEE | {"months": 14, "flexible_employment": True}, None, ["enrolments.0.entitled"]),
        (EMPLOYEE | {"months": 14, "flexible_employment": True, "entitled": True}, None, ["enrolments.0.entitled"]),
    ],
)
def test_the_notice_decides_from_what_is_known_and_names_what_is_not(
    other: dict[str, Any], fate: str | None, missing: Sequence[str]
) -> None:
    decision, outcome = decide("jilin-2021", [OURS, other])
    assert outcome == fate
    assert set(missing) <= set(decision["missing"])


def test_flexible_employment_suspends_the_cover_that_is_not_drawn_on() -> None:
    ours = OURS | {"entitled": False}
    other = EMPLOYEE | {"months": 3, "flexible_employment": True, "entitled": True}
    decision, outcome = decide("jilin-2021", [ours, other])
    assert (outcome, decision["clauses"]) == ("suspend", ["六"])
