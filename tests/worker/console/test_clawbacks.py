"""Assistance to be repaid: what is left of it, asking for it back, and booking what was repaid."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.worker.console.keyboard import AtKeyboard
from tests.worker.console.site import Hands, Site, hire, opened
from tests.worker.flows.town import Town
from tests.worker.intake.conftest import KEYS, NEIGHBOURS
from worker.clock import SeasonClock, set_season_date

OPENS, PAYS, TOLD, LATER = date(2020, 10, 9), date(2020, 11, 2), date(2020, 12, 20), date(2021, 2, 1)
HELD = ("低保", "2019-03-01")


class Jiaohe(NamedTuple):
    """One owes 130 yuan of assistance back, and their cover is held; another's premium was taken back."""

    town: Town
    site: Site


@pytest.fixture(scope="module")
def jiaohe(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jiaohe]:
    home: Path = tmp_path_factory.mktemp("jiaohe")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**KEYS, **NEIGHBOURS, "LEVY_HOME": str(home)}.items():
            patch.setenv(name, value)
        patch.setenv("LEVY_DATABASE_URL", module_database_url)
        patch.setenv("LEVY_BROKER_URL", "redis://127.0.0.1:1/0")
        town = Town.of(patch, "220281", 2021)
        town.enrol(2, OPENS)
        for person in (1, 2):
            town.flag(person, *HELD, day=OPENS)
        town.tick(OPENS, "assess")
        town.pay(1, PAYS)
        voucher = town.pay(2, PAYS)
        town.tick(PAYS, "pull_payments")
        town.pay_out(PAYS)
        town.reverse(voucher, 2, PAYS)
        town.tick(PAYS, "pull_payments")
        town.flag(1, *HELD, day=TOLD, revoked_on="2020-12-10")
        town.tick(TOLD, "assess", "assess")
        with town.house.engine.begin() as connection:
            set_season_date(connection, LATER)
        town.house.clock = SeasonClock(town.house.engine)
        hire(town.desk)
        with opened(town.desk, Hands()) as site:
            yield Jiaohe(town, site)
        town.assert_books_hold()
        town.house.engine.dispose()


@pytest.mark.does("/clawbacks/{number:int}/repaid")
def test_what_was_repaid_is_booked_and_the_last_fen_releases_the_cover(
    jiaohe: Jiaohe, at_keyboard: Callable[..., AtKeyboard]
) -> None:
    site, held = jiaohe.site, "SELECT held_from FROM enrolment WHERE person_id = 1"
    he, plain, before = at_keyboard(site, "he", "en", 360), site.begin("he"), len(site.events())
    assert "130.00 yuan are left" in he.look("/clawbacks")
    form = {"amount": "30.00", "voucher": "B-1", "day": "2021-01-29"}
    assert he.do("/clawbacks/1/repaid", form).headers["location"] == "/clawbacks"
    assert "100.00 yuan are left" in he.page
    for changed, status, sentence in (
        ({"amount": "100.01", "voucher": "B-2"}, 409, "尚余 100.00 元"),
        ({"amount": "40.00"}, 409, "凭证 B-1 已登记"),
        ({"amount": "x"}, 422, "x"),
        ({"voucher": ""}, 422, "请填写凭证号"),
        ({"day": "morgen"}, 422, "morgen"),
    ):
        assert plain.post("/clawbacks/1/repaid", form | changed).status_code == status, changed
        assert sentence in plain.page
    assert plain.post("/clawbacks/99/repaid", form | {"voucher": "B-3"}).status_code == 409
    assert site.desk.one(held) is not None
    assert he.do("/clawbacks/1/repaid", {"voucher": "B-2"}).status_code == 303
    assert site.desk.one(held) is None, "the cover runs again"
    assert "/clawbacks/1/repaid" not in he.page
    assert "B-2" not in he.look("/clawbacks?stands=repaid"), "the voucher stands in the log"
    acts = [(who, what) for who, what, _ in site.events(before)]
    assert acts == [("clerk:he", what) for what in ("clawback.repaid", "clawback.repaid", "cover.released")]


@pytest.mark.does("/held/reclaim/{number:int}/ask", "/held/asked/{number:int}/review")
def test_assistance_on_a_premium_that_the_bank_took_back_is_asked_back_by_two_people(
    jiaohe: Jiaohe, at_keyboard: Callable[..., AtKeyboard]
) -> None:
    site, number = jiaohe.site, jiaohe.site.desk.one("SELECT id FROM assistance WHERE person_id = 2")
    he, before, path = at_keyboard(site, "he", "zh", 360), len(site.events()), f"/held/reclaim/{number}/ask"
    answer = f"/held/asked/{number}/review"
    assert "向本人追回 130.00 元" in he.look("/held/reclaim")
    assert he.post(path, {"reason": " "}).status_code == 422
    assert he.do(path, {"reason": "银行退票"}).headers["location"] == "/held/asked"
    assert "银行退票" in he.page
    assert answer not in he.page, "who asked does not review it"
    assert path not in he.look("/held/reclaim")
    assert he.post(path, {"reason": "再来"}).status_code == 409
    assert f"资助 {number} 由 he 申请追回，正待复核" in he.page
    rong = at_keyboard(site, "rong", "zh", 360)
    assert "追回资助的申请待复核" in rong.look("/")
    assert rong.look("/held/asked")
    assert rong.post(answer, {"reason": "已核", "answer": "perhaps"}).status_code == 422
    assert rong.do(answer, {"reason": "已核", "answer": "approve"}).headers["location"] == "/clawbacks"
    assert "130.00" in rong.page
    assert rong.post(answer, {"reason": "已核", "answer": "refuse"}).status_code == 409
    acts = [(who, what, facts["because"]) for who, what, facts in site.events(before)]
    assert acts == [("clerk:he", "clawback.asked", "银行退票"), ("clerk:rong", "clawback.opened", "银行退票")]


def test_who_only_looks_books_nothing(jiaohe: Jiaohe) -> None:
    shen = jiaohe.site.begin("shen")
    assert shen.get("/clawbacks?stands=").status_code == 200
    assert 'href="/people/1"' in shen.page
    assert "/repaid" not in shen.page
    sheet = shen.get("/clawbacks?stands=&format=csv&lang=en").content.decode("utf-8-sig").splitlines()
    assert sheet[1].startswith("1,P0000*******0001,minimum living allowance,")
