"""A season at the simulated tax office: days pass, people pay, and a killed process loses nothing."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from datetime import date

import pytest

from adapters.http import Limits
from adapters.ports import TaxPort, Unavailable
from adapters.tax.client import TaxClient
from tests.adapters.rows_made import due
from tests.adapters.simulated import KEY, PUNCTUAL, Simulated, booked, paid, reconnected, statement_of, submit, void


@pytest.fixture(params=["http", "files"])
def tax(office: Simulated, request: pytest.FixtureRequest) -> Iterator[TaxPort]:
    """The port, however tax is spoken to."""
    port = office.port(request.param)
    yield port
    port.close()


http_only = pytest.mark.parametrize("tax", ["http"], indirect=True)


def test_letting_the_same_day_pass_twice_brings_no_second_payment(office: Simulated, tax: TaxPort) -> None:
    submit(tax, *[due() for _ in range(50)])
    office.advance("2020-12-31")
    first = paid(tax)
    assert office.advance("2020-12-31")["payments"] == 0
    assert office.advance("2020-10-01") == {"today": "2020-12-31", "payments": 0}
    assert paid(tax) == first
    assert len(first) == 50


def test_a_superseded_due_is_not_paid_and_its_successor_is(office: Simulated, tax: TaxPort) -> None:
    old = due()
    new = due(person_no=old["person_no"], amount=15000, supersedes=old["reference"])
    submit(tax, old)
    assert void(tax, old) == ["voided"]
    submit(tax, new)
    office.advance("2020-12-31")
    assert paid(tax) == {new["reference"]: 15000}
    assert [state["state"] for state in tax.due_states([old["reference"], new["reference"]])] == ["voided", "paid"]


def test_of_two_open_dues_only_the_latest_is_paid(office: Simulated, tax: TaxPort) -> None:
    old = due()
    new = due(person_no=old["person_no"], amount=15000)
    submit(tax, old, new)
    office.advance("2020-12-31")
    assert paid(tax) == {new["reference"]: 15000}


def test_when_the_latest_is_voided_the_one_before_is_paid_again(office: Simulated, tax: TaxPort) -> None:
    old = due()
    new = due(person_no=old["person_no"], amount=15000)
    submit(tax, old, new)
    void(tax, new)
    office.advance("2020-12-31")
    assert paid(tax) == {old["reference"]: 28000}


def test_who_comes_after_the_deadline_waits_for_a_new_due(start_tax: Callable[..., Simulated]) -> None:
    office = start_tax(never_share=0, late_share=1, rejection_share=0)
    tax = TaxClient(office.url, KEY)
    in_time = due()
    submit(tax, in_time)
    office.advance("2021-01-01")
    assert paid(tax) == {}
    late = due(person_no=in_time["person_no"], amount=83000, channel="special", deadline="2021-12-31")
    submit(tax, late)
    office.advance("2021-07-01")
    assert paid(tax) == {late["reference"]: 83000}
    tax.close()


def test_who_is_presented_late_pays_on_that_day(office: Simulated, tax: TaxPort) -> None:
    office.advance("2020-12-31")
    row = due()
    submit(tax, row)
    office.advance("2020-12-31")
    [item] = booked(tax)
    assert item["paid_at"].startswith("2020-12-31T")


def test_a_bank_takes_back_what_somebody_paid_once_and_they_pay_again_or_nothing_more(
    start_tax: Callable[..., Simulated],
) -> None:
    taken_back = {"again": {"day": "2020-10-20", "again": True}, "never": {"day": "2020-10-20", "again": False}}
    office = start_tax(taken_back=taken_back, **PUNCTUAL)
    tax = TaxClient(office.url, KEY)
    submit(tax, *(due(person_no=who) for who in taken_back))
    office.advance("2020-10-31")
    lines = [(item["person_no"], item["kind"], item["paid_at"][:10]) for item in booked(tax)]
    assert sorted(lines) == [
        (who, kind, day)
        for who in sorted(taken_back)
        for kind, day in (("payment", "2020-08-31"), ("reversal", "2020-10-20"))
    ]
    body = statement_of(tax, date(2020, 10, 20))
    assert body is not None
    assert [row["kind"] for row in tax.read_statement(body).rows] == ["reversal"] * 2
    anew = [due(person_no=who) for who in taken_back]
    submit(tax, *anew)
    office.advance("2020-12-31")
    assert [item["reference"] for item in booked(tax)[4:]] == [anew[0]["reference"]], "not taken back a second time"
    tax.close()


def test_a_reversal_undoes_one_payment_once(office: Simulated, tax: TaxPort) -> None:
    row = due()
    submit(tax, row)
    office.advance("2020-12-31")
    voucher = booked(tax)[0]["voucher_no"]
    office.pull("reverse", voucher_no=voucher)
    with pytest.raises(Exception, match="404"):
        office.pull("reverse", voucher_no=voucher)
    assert paid(tax) == {row["reference"]: 0}
    state = tax.due_states([row["reference"]])[0]
    assert (state["state"], state["paid"]) == ("reversed", 0)
    assert void(tax, row) == ["voided"], "nothing is paid for it any more"
    assert tax.due_states([row["reference"]])[0]["state"] == "voided"


@http_only
def test_one_line_of_a_voucher_may_be_reversed_alone(office: Simulated, tax: TaxPort) -> None:
    submit(tax, *[due(person_type="1404") for _ in range(5)])  # schools hand in on four days
    office.advance("2020-12-31")
    voucher = next(row["voucher_no"] for row in booked(tax) if row["line"] == 2)
    office.pull("reverse", voucher_no=voucher, line=2)
    undone = [(row["reverses"], row["line"]) for row in booked(tax) if row["kind"] == "reversal"]
    assert undone == [(voucher, 2)]
    with pytest.raises(Exception, match="404"):
        office.pull("reverse", voucher_no=voucher, line=2)


def test_a_payer_may_pay_the_wrong_amount_or_twice(office: Simulated, tax: TaxPort) -> None:
    rows = [due() for _ in range(3)]
    submit(tax, *rows)
    office.fault("wrong_amount", "pay", delta=-1000)
    office.fault("double_payment", "pay")
    office.advance("2020-12-31")
    assert sorted(paid(tax).values()) == [27000, 28000, 56000]
    vouchers = [item["voucher_no"] for item in booked(tax)]
    assert len(set(vouchers)) == 4


def test_faults_by_chance_strike_the_same_requests_again_in_a_repeated_run(
    start_tax: Callable[..., Simulated],
) -> None:
    struck: list[list[bool]] = []
    for _ in range(2):
        office = start_tax(seed=5)
        tax = TaxClient(office.url, KEY, Limits(attempts=1))
        office.fault("bad_gateway", "payments", count=None, probability=0.5)
        struck.append([])
        for _ in range(60):
            try:
                struck[-1].append(tax.payments(None, 1).more)
            except Unavailable:
                struck[-1].append(True)
        assert office.no_faults() == {"bad_gateway": struck[-1].count(True)}
        tax.close()
    assert struck[0] == struck[1]
    assert 15 <= struck[0].count(True) <= 45


@pytest.mark.parametrize("kind", ["http", "files"])
def test_a_killed_office_goes_on_from_its_book(start_tax: Callable[..., Simulated], kind: str) -> None:
    rows = [due(person_no=f"q{n}", reference=f"q{n}") for n in range(300)]
    told = []
    for kills in (False, True):
        office = start_tax(seed=11)
        tax = office.port(kind)
        for step, day in enumerate(("2020-09-20", "2020-10-31", "2020-11-30", "2021-01-01")):
            submit(tax, *rows[step * 75 : step * 75 + 75])
            if step == 2:
                void(tax, *rows[150:160])
            for moment in ("before the day", "after it"):
                if moment == "after it":
                    office.advance(day)
                if kills and (moment == "after it") == bool(step % 2):
                    office.kill()
                    office.start()
                    tax = reconnected(office, tax)
        told.append(booked(tax))
    assert told[0] == told[1]
    assert len(told[0]) > 180


def test_a_book_of_another_seed_is_not_continued(office: Simulated) -> None:
    office.kill()
    office.command[office.command.index("2021")] = "2022"
    with pytest.raises(AssertionError, match="ended at once"):
        office.start()


def test_sigterm_ends_the_process_at_once_even_with_a_caller_on_the_line(office: Simulated) -> None:
    office.fault("timeout_after_effect", "payments", count=3, seconds=60)
    with pytest.raises(Unavailable):
        TaxClient(office.url, KEY, Limits(reply=0.2, attempts=1)).payments(None, 1)
    office.process.send_signal(signal.SIGTERM)
    assert office.process.wait(40) == 0, "the caller is held for a minute"
