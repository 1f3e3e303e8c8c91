"""The finance bureau of a season pays what it is asked for, and one statement only in part; the report says so."""

from datetime import date

from tests.worker.flows.town import Town
from tests.worker.funds.claims import number, statements
from worker.report.claims import read_claims
from worker.season.finance import FinanceBureau

DRAWN, PAYS = date(2021, 12, 1), date(2021, 12, 16)


def test_it_pays_what_was_drawn_before_and_one_in_part(changchun: Town) -> None:
    changchun.tick(DRAWN, "funds")
    bureau = FinanceBureau(changchun.house, seed=1)
    bureau.pay(DRAWN)
    assert [row[5] for row in statements(changchun)] == ["drawn"] * 3, "it has not seen them yet"
    for _ in range(2):
        bureau.pay(PAYS)
        assert [row[5] for row in statements(changchun)] == ["partly_settled", "settled", "settled"]
    in_part = statements(changchun)[0]
    assert 0 < in_part[4] < in_part[2]
    with changchun.house.engine.connect() as connection:
        claims = {row["source"]: row for row in read_claims(connection, changchun.area, 2022)}
    owed = in_part[2] - in_part[4]
    assert [row["owes"] for row in claims.values()] == [owed, 0, 0]
    told = claims["medical_assistance"]
    assert (told["claimed"], told["deducted"], told["settled"], told["open"]) == (13000, 0, 13000, 0)


def test_the_same_seed_pays_the_same(changchun: Town) -> None:
    changchun.tick(DRAWN, "funds")
    FinanceBureau(changchun.house, seed=7).pay(PAYS)
    first = statements(changchun)[0][4]
    assert FinanceBureau(changchun.house, seed=7)._part(number(changchun, 0), 7000) == first
