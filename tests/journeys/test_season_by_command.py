"""A season of another notice than Shiquan's, played as its user does, by command; of `make long`."""

from collections.abc import Iterator

import pytest

from tests.journeys.played import Season, play
from worker.servers import Servers

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def by_command(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Season]:
    """The season with two channels, two insurances and applications, as its user plays it."""
    home = tmp_path_factory.mktemp("by-command") / "home"
    yield play(home, "--notice", "changchun-2022", share="0.001")
    Servers(home).stop()


def test_the_command_plays_another_notice_and_its_home_remembers_whose_books_it_holds(by_command: Season) -> None:
    assert by_command.code == 0, by_command.printed[-2000:]
    assert "绿园区 (220106, changchun-2022)" in by_command.printed
    assert "绿园区 2022" in by_command.levy("report").stdout


def test_what_is_recognised_in_one_district_and_paid_in_another_is_assisted_by_the_one_that_knows_of_it(
    by_command: Season,
) -> None:
    """Changchun's notice has the area of recognition pay, on application: claims in both directions."""
    assert by_command.cases() == by_command.cases_planned()
    assert {("assistance_claim", side, "closed") for side in ("origin", "intended")} <= by_command.cases().keys()
    paid = {one["side"]: one["assisted_fen"] for one in by_command.report["handoffs"] if one["state"] == "closed"}
    assert paid["origin"] > 0 == paid["intended"], "what the other district pays is in its own books"
