"""A small season from files to reconciled books, undisturbed and disturbed: the same money to the fen."""

import json
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.journeys.played import Season, play, processes_of, workers_of
from worker.servers import Servers


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Season]:
    """A season that nobody disturbs."""
    home = tmp_path_factory.mktemp("quiet") / "home"
    yield play(home)
    Servers(home).stop()


def test_a_season_runs_to_its_end_with_books_that_agree(quiet: Season) -> None:
    assert quiet.code == 0, quiet.printed[-2000:]
    assert quiet.report["ledger_problems"] == []
    assert quiet.report["audit_flaws"] == []
    assert quiet.report["neighbour_problems"] == []
    assert quiet.report["counts"]["jobs_stuck"] == 0
    assert quiet.report["counts"]["breaks_open"] == 0 < quiet.report["breaks_ended"]["closed"]


def test_the_season_has_everything_a_real_one_has(quiet: Season) -> None:
    total, counts = quiet.report["total"], quiet.report["counts"]
    assert total["paid"] > 0.9 * total["planned"]
    assert all(total[name] > 0 for name in ("sponsored", "outside_plan", "free", "unpaid"))
    for line in (total, *quiet.report["towns"]):
        parts = ("paid", "outside_plan", "free", "rejected", "unpaid")
        assert line["enrolled"] == sum(line[name] for name in parts), line
    assert sum(one["rejected"] for one in quiet.report["refunds"]) > 0
    assert all(counts[name] > 0 for name in ("rows_quarantined", "files_refused", "dues_void", "statements"))
    sources = {fund["source"] for fund in quiet.report["funds"]}
    assert {"medical_assistance", "fiscal", "health_commission", "veterans_affairs"} <= sources


def test_what_a_person_owes_and_gets_is_what_the_notice_says(quiet: Season) -> None:
    """280 yuan each; 特困 and 优抚 paid for in full by their departments; 70, 120 and 30 yuan afterwards."""
    total = quiet.report["total"]
    assert (total["paid_fen"] + total["sponsored_fen"]) % 100 == 0
    for fund in quiet.report["funds"]:
        assert fund["sponsored"] % 28000 == 0
        amount = {"fiscal": 7000, "health_commission": 3000, "medical_assistance": 12000}.get(fund["source"])
        if amount:
            assert fund["granted"] % amount == 0


def test_cases_with_the_neighbouring_county_end_as_planned(quiet: Season) -> None:
    """Between two installations: ours opened and theirs; the one that is still open is what is in transit."""
    assert {state for _, _, state in quiet.cases_planned()} > {"completed", "refused", "rejected", "withdrawn"}
    assert quiet.cases() == quiet.cases_planned()
    open_cases = [json.loads(line) for line in quiet.levy("handoff", "list", "--json").stdout.splitlines()]
    assert {case["state"] for case in open_cases} == {"accepted"}
    in_transit = sum(one["in_transit_fen"] for one in quiet.report["handoffs"])
    assert in_transit == sum(case["yuan"] for case in open_cases) == quiet.report["total"]["in_transit_fen"] > 0
    late = [json.loads(line) for line in quiet.levy("handoff", "list", "--overdue", "--json").stdout.splitlines()]
    assert sum(one["overdue"] for one in quiet.report["handoffs"]) == len(late) > 0
    moved = [one for one in quiet.report["refunds"] if one["reason"] == "wrong_area"]
    completed = quiet.cases_planned()["wrong_area", "origin", "completed"]
    assert [(one["refunded"], one["refunded_fen"]) for one in moved] == [(completed, 28000 * completed)]
    assert "转办" in quiet.printed


def test_who_is_enrolled_next_door_as_well_is_found_by_its_notice(quiet: Season) -> None:
    told = [one for one in quiet.report["duplicates"] if one["found_by"] == "peer_notice"]
    assert sum(one["cases"] for one in told) == quiet.script["next_door"]["twice"] > 0
    assert {one["stands"] for one in quiet.report["duplicates"]} >= {"keep", "terminate"}, "by a clerk"


def test_a_wrong_tier_is_given_back_and_asked_for_anew_and_its_fund_gets_its_share_back(quiet: Season) -> None:
    """Who had a bad account was claimed for and not paid yet: cancelled, and deducted from the next statement."""
    (tier,) = [one for one in quiet.report["refunds"] if one["reason"] == "wrong_tier"]
    assert tier["refunded"] == tier["cases"] > 0
    assert quiet.report["counts"]["special_paid"] >= tier["refunded"]
    deducted = sum(fund["deducted"] for fund in quiet.report["claims"])
    assert deducted == sum(one["fen"] for one in quiet.report["deductions"]) > 0


def test_two_schools_lists_that_do_not_add_up_are_settled_by_what_the_other_had_too_much(quiet: Season) -> None:
    counts = quiet.report["counts"]
    assert counts["school_students"] > counts["school_vouchers"] > 1
    assert counts["allocations"] == 1
    listed = quiet.levy("breaks", "list", "--state", "resolved", "--json").stdout.splitlines()
    assert sorted(json.loads(one)["kind"] for one in listed) == ["late", "late", "unidentified"], "late: one of each"
    assert counts["part_paid"] == 0


def test_one_persons_case_can_be_read_from_assessment_to_payment(quiet: Season) -> None:
    listed = quiet.levy("held", "--json")
    assert listed.returncode == 0, listed.stderr
    first = json.loads(listed.stdout.splitlines()[0])
    case = json.loads(quiet.levy("why", first["person_no"], "--json").stdout)
    actions = [event["action"] for event in case["events"]]
    for action in ("levy.assessed", "due.accepted", "payment.settled", "assistance.granted"):
        assert action in actions
    assert any("held, " in sentence and "account" in sentence for sentence in case["now"])
    shown = quiet.levy("why", first["person_no"]).stdout
    assert "now: assistance of " in shown
    assert "280.00 yuan paid 到账" in shown
    assert any("资助" in sentence for decision in case["decisions"].values() for sentence in decision["why"])


def test_the_checks_hold_afterwards_from_the_command_line(quiet: Season) -> None:
    checked = quiet.levy("check")
    assert checked.returncode == 0, checked.stdout
    assert "FAILS" not in checked.stdout


EVERYWHERE = (
    "timeout_before_effect", "timeout_after_effect", "error_before_effect", "error_after_effect", "bad_gateway",
    "too_many_requests", "unavailable", "cut_body", "invalid_json",
)  # fmt: skip
FAILING: list[dict[str, object]] = [
    *({"kind": kind, "probability": 0.02, "count": 3, "seconds": 6} for kind in EVERYWHERE),
    *(
        {"kind": kind, "operation": name}
        for kind in ("missing_acknowledgement", "foreign_acknowledgement")
        for name in ("submit_dues", "void_dues", "declare_sponsor")
    ),
    {"kind": "duplicate_line", "operation": "payments", "count": 5},
]


class Killer:
    """Kills workers of a season again and again, in turns one of its processes and the one that leads them."""

    def __init__(self, home: Path, most: int) -> None:
        self._home, self._most, self._last = home, most, time.monotonic()
        self.killed: list[str] = []

    def meddle(self, season: psutil.Process) -> None:
        """Kill one where all are at work and the last has been dead for a while."""
        workers, now = workers_of(season), time.monotonic()
        at_work = len(workers) > 1 and (self._home / "worker.ready").exists()
        if not at_work or now - self._last < 0.6 or len(self.killed) == self._most:
            return
        with suppress(psutil.Error):
            victim = workers[0] if len(self.killed) % 2 else workers[-1]
            victim.kill()
            self.killed.append("group" if victim is workers[0] else "child")
            self._last = now


@pytest.mark.long  # tests/storm strikes more of it in `make test`
def test_workers_killed_again_and_again_and_a_tax_system_that_fails_in_every_way_change_no_fen(
    quiet: Season, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    (tmp_path / "faults.json").write_text(json.dumps({"faults": FAILING}))
    killer = Killer(home, 5)
    failing = play(home, "--faults", str(tmp_path / "faults.json"), meddle=killer.meddle)
    Servers(home).stop()
    assert {"child", "group"} <= set(killer.killed), "the season ended before anything was killed"
    assert failing.code == 0, failing.printed[-2000:]
    assert failing.money == quiet.money
    assert failing.report["counts"]["breaks_open"] == 0


FILES_GONE_WRONG: list[dict[str, object]] = [
    {"kind": f"result_{kind}", "skip": 2 * at, "days": 0, "seconds": 1}
    for at, kind in enumerate(("late", "split", "repeated", "wrong_total", "unknown_row", "foreign_payload"))
] + [
    {"kind": f"payments_{kind}", "operation": "payments", "skip": 3, "days": 0, "seconds": 1}
    for kind in ("late", "wrong_total")
]


@pytest.mark.long
def test_by_files_with_both_sides_killed_and_files_gone_wrong_it_is_the_same_money(
    quiet: Season, tmp_path: Path
) -> None:
    home, last, killed = tmp_path / "home", [time.monotonic()], []
    (tmp_path / "faults.json").write_text(json.dumps({"faults": FILES_GONE_WRONG}))

    def meddle(season: psutil.Process) -> None:
        workers, office = workers_of(season), processes_of(season, "adapters.simulators.tax")
        at_work = len(workers) > 1 and office and (home / "worker.ready").exists()
        if not at_work or time.monotonic() - last[0] < 1.5 or len(killed) == 2:
            return
        with suppress(psutil.Error):
            victim, name = ((office[0], "office"), (workers[0], "workers"))[len(killed)]
            victim.kill()
            killed.append(name)
            last[0] = time.monotonic()

    filed = play(home, "--tax", "files", "--faults", str(tmp_path / "faults.json"), meddle=meddle)
    Servers(home).stop()
    assert killed == ["office", "workers"], "the season ended before anything was killed"
    assert filed.code == 0, filed.printed[-2000:]
    assert filed.money == quiet.money
    assert filed.report["counts"]["breaks_open"] == 0
    drop = home / "tax-files"
    assert list((drop / "refused").glob("*.reason.txt")), "something was refused"
    assert {path.stat().st_mode & 0o077 for path in drop.rglob("*")} == {0}
