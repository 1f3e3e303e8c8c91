"""A small season of each notice: every rule about the levy decides somebody, and the books agree to the fen.

They are played indoors, which takes a fifth of the time; `test_season_by_command.py` plays one as its user does.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest

from policies.load import load_notice
from tests.journeys.indoors import Indoors
from tests.journeys.six_seasons import SHARES, SILENT, six_seasons
from tests.worker.console.numbers import PAGES, bare_numbers, unlike
from tests.worker.console.site import Hands, hire, opened
from tests.worker.intake.conftest import Desk as Bureau
from worker.clock import SystemClock
from worker.report.summary import renew

pytestmark = pytest.mark.timeout(900)  # six seasons are one set-up, on a machine that is perhaps busy with others


@pytest.fixture(scope="module")
def played(
    new_database: Callable[[], AbstractContextManager[str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Indoors]]:
    with six_seasons(new_database, tmp_path_factory.mktemp) as seasons:
        yield seasons


def decisions(season: Indoors) -> list[dict[str, Any]]:
    """Each distinct decision that was taken during the season."""
    return [row.body for row in season.rows("SELECT body FROM decision")]


def funds(season: Indoors) -> dict[str, dict[str, Any]]:
    """The report's line of each funding source."""
    return {fund["source"]: fund for fund in season.report.funds}


@pytest.mark.parametrize("notice", SHARES)
def test_its_books_agree_with_the_neighbours_to_the_fen(played: dict[str, Indoors], notice: str) -> None:
    report, total = played[notice].report, played[notice].total
    assert report.ledger_problems == report.audit_flaws == report.neighbour_problems == []
    assert report.counts["jobs_stuck"] == report.counts["breaks_open"] == 0
    assert report.counts["rows_quarantined"] > 0
    assert 200 <= total.enrolled <= 400
    assert total.paid > 0.9 * total.planned


@pytest.mark.parametrize("notice", SHARES)
def test_every_rule_about_the_levy_has_decided_somebody(played: dict[str, Indoors], notice: str) -> None:
    taken = decisions(played[notice])
    said = [sentence for decision in taken for sentence in decision["why"]]
    granted = {item["rule"] for decision in taken for line in decision["lines"] or () for item in line["assistance"]}
    unused = {
        rule.id
        for rule in load_notice(notice).levy_rules()
        if rule.id not in granted and not any(rule.summary.zh in sentence for sentence in said)
    }
    assert unused == SILENT[notice]


@pytest.mark.parametrize("notice", SHARES)
def test_every_situation_of_its_profile_is_there(played: dict[str, Indoors], notice: str) -> None:
    manifest = played[notice].script.manifest
    assert manifest["notice"] == notice
    assert len(manifest["situations"]) > 10
    assert all(manifest["situations"].values())


@pytest.mark.parametrize("notice", ["changchun-2022", "jilin-2023"])
def test_who_pays_two_insurances_is_one_person_in_the_report(played: dict[str, Indoors], notice: str) -> None:
    season = played[notice]
    people, dues = season.rows("SELECT count(DISTINCT person_id), count(*) FROM due WHERE state = 'paid'")[0]
    assert season.total.paid == people
    assert dues > 1.9 * people


@pytest.mark.parametrize("notice", SHARES)
def test_what_statements_have_wrong_is_looked_after_until_the_books_agree(
    played: dict[str, Indoors], notice: str
) -> None:
    """Stated late: resolved by itself. Altered or left out: issued anew, and gone. A line of another's: closed."""
    season = played[notice]
    ended = season.rows("SELECT side, kind, state, owner, id FROM break_found WHERE period = 'day'")
    assert {(row.side, row.kind, row.state) for row in ended} >= {
        ("tax", "late", "resolved"),
        ("tax", "amount", "vanished"),
        ("tax", "only_ours", "vanished"),
        ("tax", "only_theirs", "closed"),
        ("treasury", "amount", "vanished"),
        ("treasury", "late", "resolved"),
        ("treasury", "only_theirs", "closed"),
    }
    assert all(row.owner for row in ended if row.kind != "late")
    (told,) = season.rows(
        "SELECT array_agg(action ORDER BY id) AS actions FROM break_step WHERE break_id = (SELECT min(id)"
        " FROM break_found WHERE state = 'closed')"
    )
    assert told.actions == ["found", "owned", "explained", "closed"]
    assert season.report.breaks == []


@pytest.mark.parametrize("notice", ["changchun-2022", "jilin-2023"])
def test_a_school_that_paid_one_of_two_insurances_short_pays_it_anew_and_another_gets_back_what_was_too_much(
    played: dict[str, Indoors], notice: str
) -> None:
    """Money of nobody goes to no due of another insurance: tax reverses the short line alone."""
    season = played[notice]
    assert season.report.counts["part_paid"] == season.report.counts["allocations"] == 0
    (undone,) = season.rows(
        "SELECT due_id, amount FROM payment WHERE kind = 'reversal' AND channel = 'college_virtual_account'"
    )
    (short,) = season.rows(f"SELECT insurance, amount, enrolment_id FROM due WHERE id = {undone.due_id}")
    assert (short.insurance, undone.amount) == ("long_term_care", short.amount - 100)
    anew = season.rows(
        f"SELECT state, paid FROM due WHERE enrolment_id = {short.enrolment_id} AND insurance = 'long_term_care'"
        " AND state <> 'void'"
    )
    assert [tuple(row) for row in anew] == [("paid", short.amount)]
    given_back = season.rows("SELECT state, amount FROM refund_case WHERE due_id IS NULL")
    assert [tuple(row) for row in given_back] == [("refunded", 100)]


@pytest.mark.parametrize("notice", SHARES)
def test_what_a_bank_takes_back_is_asked_for_anew_and_its_assistance_counts_again_or_is_asked_back(
    played: dict[str, Indoors], notice: str
) -> None:
    """Two pay again and are assisted once; two do not, and a clerk asks back what was paid out to them."""
    season = played[notice]
    planned = season.script.manifest["taken_back"]
    reversed_ = season.rows(
        "SELECT n.person_no, p.tax_date, p.remark FROM payment p JOIN due d ON d.id = p.due_id"
        " JOIN person n ON n.id = d.person_id WHERE p.kind = 'reversal' AND p.channel = 'bank_counter'"
    )
    assert {row.person_no: f"{row.tax_date}" for row in reversed_} == {who: one["day"] for who, one in planned.items()}
    assert {row.remark for row in reversed_} == {"reversed"}
    stands = season.rows(
        "SELECT n.person_no, array_agg(DISTINCT d.state ORDER BY d.state) AS dues, (SELECT coalesce(sum(a.amount), 0)"
        " FROM assistance a WHERE a.person_id = n.id AND a.state IN ('paid', 'applied') AND NOT EXISTS"
        " (SELECT FROM clawback c WHERE c.assistance_id = a.id)) AS assisted, (SELECT array_agg(c.revoked_on)"
        " FROM clawback c WHERE c.person_id = n.id) AS asked_back FROM person n JOIN due d ON d.person_id = n.id"
        " AND d.current WHERE n.person_no IN (SELECT jsonb_object_keys(CAST('" + json.dumps(planned) + "' AS jsonb)))"
        " GROUP BY n.id"
    )
    for again, dues, asked_back in ((True, ["paid"], set()), (False, ["void"], {None})):
        them = [row for row in stands if planned[row.person_no]["again"] == again]
        assert len(them) == 2
        assert all(row.dues == dues and (row.assisted > 0) == again for row in them)
        assert {day for row in them for day in row.asked_back or ()} <= asked_back
    counts = season.report.counts
    assert counts["reclaimable"] == 0 < counts["reclaimed"], "a clerk has worked the list"
    assert counts["taken_back"] >= 4
    assert counts["paid_again"] >= 2


def test_the_assisted_share_of_a_refund_goes_back_to_its_fund_and_off_its_next_statement(
    played: dict[str, Indoors],
) -> None:
    """Jilin's notice says so of who asks before the cover begins; who asks later waits for a ruling (R32)."""
    jilin = played["jilin-2021"]
    shares = jilin.rows("SELECT source, amount FROM refund_item WHERE route = 'fund' AND state = 'paid'")
    assert {tuple(row) for row in shares} == {("medical_assistance", 13000)}
    (back,) = [one for one in jilin.report.deductions if one["kind"] == "refunded"]
    assert back["fen"] == sum(row.amount for row in shares)


@pytest.mark.parametrize("notice", SHARES)
def test_who_is_enrolled_twice_is_decided_by_the_notice_or_by_a_clerk(played: dict[str, Indoors], notice: str) -> None:
    """No rule at all: each is ruled on. Jilin's rules keep, terminate and suspend, some once a fact is added."""
    season = played[notice]
    decided = season.rows(
        "SELECT outcome, decided_by IS NULL AS by_notice, state, carried_out, found_by, decided_by, reviewed_by,"
        " decision->>'outcome' IS DISTINCT FROM 'undetermined' AND decision IS NOT NULL AS ruled_by_law"
        " FROM duplicate_case"
    )
    for row in decided:  # what ends or suspends a cover without a rule takes two people
        alone = row.outcome == "keep" or row.ruled_by_law
        assert (alone == (row.reviewed_by is None) and row.reviewed_by != row.decided_by) or row.by_notice
    assert {row.outcome for row in decided if row.found_by == "same_name"} == {"keep", "terminate"}
    assert {(row.state, row.carried_out) for row in decided} == {("resolved", True)}
    assert {row.outcome for row in decided} == {"keep", "terminate", "suspend"}
    told = Counter(row.action for row in season.rows("SELECT action FROM audit_event WHERE action LIKE 'duplicate.%'"))
    assert told["duplicate.ruled"] > 0
    if notice == "jilin-2021":
        assert told["duplicate.facts_added"] > 0
        assert {row.outcome for row in decided if row.by_notice} == {"terminate"}
        loser = "SELECT r.state FROM refund_case r WHERE r.entered_by = 'worker:tick.duplicates'"
        assert {row.state for row in season.rows(loser)} == {"refunded"}


@pytest.mark.parametrize("notice", ["changchun-2022", "jilin-2021", "shiquan-2021"])
def test_the_second_person_refuses_whose_papers_do_not_agree_and_nothing_moves(
    played: dict[str, Indoors], notice: str
) -> None:
    season = played[notice]
    refused = season.rows(
        "SELECT d.state, e.closed_because, (SELECT count(*) FROM refund_item i WHERE i.case_id = c.id) AS items"
        " FROM refund_case c JOIN due d ON d.id = c.due_id JOIN enrolment e ON e.id = d.enrolment_id"
        " WHERE c.state = 'rejected_by_review'"
    )
    assert {tuple(row) for row in refused} == {("paid", None, 0)}
    assert sum(one["rejected"] for one in season.report.refunds) == len(refused)


def test_assistance_netted_at_the_levy_is_told_apart_from_what_is_granted_afterwards(
    played: dict[str, Indoors],
) -> None:
    hunan, changchun, jilin = (funds(played[name]) for name in ("hunan-2021", "changchun-2022", "jilin-2021"))
    assert hunan["medical_assistance"]["netted"] > 0
    assert changchun["medical_assistance"]["netted"] > 0
    assert changchun["municipal_fiscal"]["granted"] > 0 == changchun["municipal_fiscal"]["netted"]
    assert jilin["medical_assistance"]["granted"] > 0 == jilin["medical_assistance"]["netted"]
    assert played["hunan-2021"].total.free > 0, "who is assisted in full has nothing to pay"


def test_a_county_that_goes_over_to_net_levy_assists_nobody_twice_and_nobody_never(
    played: dict[str, Indoors],
) -> None:
    """Ningxiang levies gross until November: who has paid is assisted afterwards, the others are asked a net amount."""
    hunan = played["hunan-2021"]
    assert funds(hunan)["medical_assistance"]["granted"] > 0 < funds(hunan)["medical_assistance"]["netted"]
    assert hunan.report.counts["dues_anew"] > 0
    twice = hunan.rows(
        "SELECT enrolment_id FROM assistance WHERE state <> 'cancelled' GROUP BY enrolment_id, source, category"
        " HAVING count(DISTINCT timing) > 1"
    )
    assert twice == []
    never = hunan.rows(
        "SELECT d.id FROM due d JOIN decision v ON v.id = d.decision_id WHERE d.current AND d.state = 'paid'"
        " AND d.payer = 'person' AND jsonb_path_exists(v.body, '$.lines[*].assistance[*]') AND NOT EXISTS"
        " (SELECT FROM assistance a WHERE a.enrolment_id = d.enrolment_id) AND NOT EXISTS"
        " (SELECT FROM due s WHERE s.enrolment_id = d.enrolment_id AND s.part > 0)"  # an identity that had ended
    )
    assert never == []


def test_an_identity_that_the_notice_does_not_settle_is_undetermined_and_not_guessed(
    played: dict[str, Indoors],
) -> None:
    reasons = [one["reason"] for one in decisions(played["hunan-2021"]) if one["outcome"] == "undetermined"]
    assert any("在外地认定" in reason for reason in reasons)


@pytest.mark.parametrize("notice", ["changchun-2022", "jilin-2021"])
def test_assistance_on_application_follows_the_application(played: dict[str, Indoors], notice: str) -> None:
    """Whoever is recognised after paying is assisted once they have applied; nobody is who has not."""
    season = played[notice]
    later = (
        "SELECT count(*) FILTER (WHERE {applied}), count(*) FILTER (WHERE NOT {applied}) FROM assistance a"
        " JOIN due d ON d.id = a.due_id JOIN identity_flag f ON f.person_id = a.person_id AND f.category = a.category"
        " WHERE f.recognised_on > d.paid_on"
    )
    applied = "EXISTS (SELECT FROM application p WHERE p.person_id = a.person_id AND p.category = a.category)"
    with_application, without = season.rows(later.format(applied=applied))[0]
    assert with_application > 0 == without
    assert season.rows("SELECT count(*) FROM application")[0][0] > 0


def test_assistance_of_an_identity_that_had_ended_before_the_year_is_claimed_back(played: dict[str, Indoors]) -> None:
    told = played["jilin-2021"].rows("SELECT count(*) FROM audit_event WHERE action = 'clawback.opened'")
    assert told[0][0] >= 4, "two reported in December, two only in January"


def test_what_tax_gets_wrong_is_booked_as_it_came_and_listed_as_a_break(played: dict[str, Indoors]) -> None:
    quiet, wrong = played["shiquan-2021"].report, played["wrong"].report
    assert wrong.ledger_problems == wrong.audit_flaws == []
    kinds = {row.kind for row in played["wrong"].rows("SELECT kind FROM break_found")}
    assert {"only_ours", "only_theirs", "amount", "unreadable"} <= kinds
    assert wrong.counts["breaks_open"] == 0, "each was looked after"
    case = wrong.counts["payments_fen"] - quiet.counts["payments_fen"]
    refunded = sum(one["refunded_fen"] for one in wrong.refunds if one["reason"] == "overpaid")
    assert case == -2 * 100, "two paid a yuan too little; what was paid twice was given back"
    assert refunded == 2 * 28000, "two paid twice"


@pytest.mark.parametrize("notice", SHARES)
def test_every_number_of_the_console_is_what_its_list_adds_up_to(played: dict[str, Indoors], notice: str) -> None:
    house = played[notice].house
    desk = Bureau(house)
    hire(desk)
    renew(house.engine, house.settings)
    with opened(desk, Hands(SystemClock().now())) as site:
        clerk = site.begin("lu")
        assert {path: bare_numbers(clerk, path) for path in PAGES} == {path: [] for path in PAGES}
        looked = [unlike(clerk, path) for path in PAGES]
    assert [wrong for _, many in looked for wrong in many] == []
    assert sum(numbers for numbers, _ in looked) > 100
