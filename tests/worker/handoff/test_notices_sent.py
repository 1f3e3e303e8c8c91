"""Peers are told of people enrolled here who may be enrolled there too: those with a tie to their area, each once."""

import pytest
from click.testing import CliRunner

from tests.adapters.bureau.reading import ENROLMENT, lines_of
from tests.worker.handoff.two_houses import JIAOHE, NOVEMBER, SHIQUAN, Pair
from worker.cli import duplicates

LIVES_THERE = ENROLMENT | {
    "person_no": "2202810000000001", "area": JIAOHE, "town": "民主街道", "household_area": SHIQUAN,
}  # fmt: skip


def told(pair: Pair) -> list[tuple[str, str, int | None]]:
    """What Shiquan was told: by whom, since when, of how many months."""
    return pair.origin.desk.rows("SELECT peer, since::text, months FROM peer_notice ORDER BY id")  # type: ignore[return-value]


def test_a_peer_hears_once_of_somebody_whose_household_is_there_and_finds_them_enrolled_twice(pair: Pair) -> None:
    pair.intended.desk.take(lines_of(LIVES_THERE), day=NOVEMBER)
    pair.intended.tick(NOVEMBER, "duplicates")
    assert told(pair) == [], "nobody is covered there before they have paid"
    pair.pay_there()
    pair.intended.loop.mishaps.append("slow")
    pair.intended.tick(NOVEMBER, "duplicates")
    pair.intended.again()
    assert told(pair) == [(JIAOHE, "2021-01-01", None)]
    pair.intended.tick(NOVEMBER, "duplicates", "duplicates")
    assert len(told(pair)) == 1, "once each"
    pair.origin.tick(NOVEMBER, "duplicates")
    assert pair.origin.desk.rows("SELECT found_by, other FROM duplicate_case") == [
        ("peer_notice", f"peer {JIAOHE} resident")
    ]


def test_who_has_nothing_to_do_with_a_peer_is_not_told_to_it(pair: Pair) -> None:
    pair.pay_there()
    pair.intended.tick(NOVEMBER, "duplicates")
    assert told(pair) == []
    assert pair.intended.desk.one("SELECT count(*) FROM peer_told") == 0


def test_without_peers_the_command_says_so(monkeypatch: pytest.MonkeyPatch, pair: Pair) -> None:
    answer = CliRunner().invoke(duplicates.command, ["tell"])
    assert answer.exit_code == 1
    assert "no peers are set" in answer.output
