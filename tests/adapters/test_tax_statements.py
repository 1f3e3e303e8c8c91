"""Statements of the simulated tax office: they agree with its feed, or are wrong, late or missing as a test orders."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from adapters.http import InvalidReply
from adapters.ports import MonthTotal, TaxPort
from adapters.replies import statement_files
from adapters.tax.client import TaxClient
from tests.adapters.rows_made import due
from tests.adapters.simulated import KEY, Simulated, booked, statement_of, submit


@pytest.fixture(params=["http", "files"])
def tax(office: Simulated, request: pytest.FixtureRequest) -> Iterator[TaxPort]:
    """The port, however tax is spoken to."""
    port = office.port(request.param)
    yield port
    port.close()


http_only = pytest.mark.parametrize("tax", ["http"], indirect=True)


def test_statements_agree_with_the_feed_to_the_line(office: Simulated, tax: TaxPort) -> None:
    submit(tax, *[due() for _ in range(120)])
    office.advance("2020-12-31")
    last = booked(tax)[-1]
    office.pull("reverse", voucher_no=last["voucher_no"])
    office.advance("2021-01-01")
    told = {(item["voucher_no"], item["amount"], item["kind"]) for item in booked(tax)}
    lines = set()
    for ordinal in range(date(2020, 8, 31).toordinal(), date(2021, 1, 1).toordinal()):
        body = statement_of(tax, date.fromordinal(ordinal))
        assert body is not None
        statement = tax.read_statement(body)
        assert (statement.bad, statement.problems) == ([], ())
        lines |= {(row["voucher_no"], row["amount"], row["kind"]) for row in statement.rows}
    assert lines == told
    assert len(lines) == 121


@http_only
def test_a_months_totals_are_what_the_feed_brought_in_it(office: Simulated, tax: TaxPort) -> None:
    submit(tax, *(due() for _ in range(40)))
    office.advance("2021-01-01")
    rows = booked(tax)
    office.pull("reverse", voucher_no=rows[0]["voucher_no"])
    office.advance("2021-02-01")
    found: dict[tuple[str, str], list[int]] = {}
    for row in booked(tax):
        found.setdefault((row["paid_at"][:7], row["kind"]), []).append(row["amount"])
    for month in (date(2020, number, 1) for number in range(8, 13)):
        assert tax.monthly(month) == [
            MonthTotal("610922", kind, "", len(amounts), sum(amounts))
            for (when, kind), amounts in sorted(found.items())
            if when == f"{month:%Y-%m}"
        ]
    assert sum(total.lines for total in tax.monthly(date(2021, 1, 1)) or ()) == 1, "the reversal"
    assert tax.monthly(date(2021, 2, 1)) is None, "the month is not over"


@http_only
@pytest.mark.parametrize(
    ("kind", "lines", "bad", "problems"),
    [
        ("statement_missing_line", -1, 0, 2),
        ("statement_extra_line", 1, 0, 2),
        ("statement_altered_line", 0, 0, 1),
        ("statement_wrong_total", 0, 0, 1),
        ("statement_bad_line", -1, 1, 0),
    ],
)
def test_a_wrong_statement_stays_wrong_until_it_is_reissued(
    office: Simulated, tax: TaxPort, kind: str, lines: int, bad: int, problems: int
) -> None:
    submit(tax, *[due(person_type="1404") for _ in range(20)])
    office.advance("2020-12-31")
    day = date.fromisoformat(tax.payments(None, 1).items[0]["paid_at"][:10])
    true = statement_of(tax, day)
    assert true is not None
    office.fault(kind, "statement")
    wrong = statement_of(tax, day)
    assert wrong is not None
    read, expected = tax.read_statement(wrong), tax.read_statement(true)
    assert len(read.rows) - len(expected.rows) == lines
    assert (len(read.bad), len(read.problems)) == (bad, problems)
    office.kill()
    office.start()
    again = TaxClient(office.url, KEY)
    assert statement_of(again, day) == wrong
    office.pull("reissue", day=day.isoformat())
    assert statement_of(again, day) == true
    again.close()


@http_only
def test_a_line_may_be_stated_a_day_late_in_files_that_add_up(office: Simulated, tax: TaxPort) -> None:
    """Such a fault waits for a day that has lines; once its day is issued anew, the line is stated there alone."""
    submit(tax, *[due(person_type="1404") for _ in range(20)])
    office.advance("2020-12-31")
    day = date.fromisoformat(tax.payments(None, 1).items[0]["paid_at"][:10])
    empty, after = day - timedelta(days=1), day + timedelta(days=1)
    true, next_true = statement_of(tax, day), statement_of(tax, after)
    office.fault("statement_late_line", "statement", adds_up=True)
    assert not tax.read_statement(statement_of(tax, empty) or b"").rows, "nothing to leave out"
    read, later = (tax.read_statement(statement_of(tax, one) or b"") for one in (day, after))
    expected = tax.read_statement(true or b"").rows
    assert (len(read.rows), read.bad, read.problems) == (len(expected) - 1, [], ())
    assert (later.bad, later.problems) == ([], ())
    left_out = {row["voucher_no"] + str(row["line"]) for row in expected[:1]}
    assert left_out <= {row["voucher_no"] + str(row["line"]) for row in later.rows}
    office.pull("reissue", day=day.isoformat())
    assert (statement_of(tax, day), statement_of(tax, after)) == (true, next_true)


@http_only
def test_a_late_statement_comes_later(office: Simulated, tax: TaxPort) -> None:
    office.advance("2020-09-02")
    office.fault("late_statement", "statement", days=3)
    day = date(2020, 9, 1)
    assert statement_of(tax, day) is None
    office.advance("2020-09-04")
    assert statement_of(tax, day) is None
    office.advance("2020-09-05")
    assert statement_of(tax, day) is not None


@http_only
def test_statements_of_days_come_in_order_and_end_before_the_first_that_is_missing(
    office: Simulated, tax: TaxPort
) -> None:
    office.advance("2020-09-04")
    first = date(2020, 9, 1)
    office.fault("late_statement", "statement", days=3, skip=1)
    assert list(tax.statements(first, date(2020, 9, 30))) == [first], "the second day is late, the others wait for it"
    office.advance("2020-09-10")
    files = tax.statements(first, date(2020, 9, 30))
    assert list(files) == [date(2020, 9, day) for day in range(1, 10)]
    assert {tax.read_statement(body).problems for body in files.values()} == {()}
    assert tax.statements(date(2020, 9, 10), date(2020, 9, 30)) == {}


ODD = {
    "no list": b'{"statements": 1}',
    "another day": b'{"statements": [{"day": "2020-09-02", "file": ""}]}',
    "a gap": b'{"statements": [{"day": "2020-09-01", "file": ""}, {"day": "2020-09-03", "file": ""}]}',
    "more than asked": b'{"statements": [{"day": "2020-09-01", "file": ""}, {"day": "2020-09-02", "file": ""}]}',
    "no file": b'{"statements": [{"day": "2020-09-01"}]}',
}


@pytest.mark.parametrize("reply", ODD.values(), ids=ODD.keys())
def test_statements_that_are_not_those_of_the_days_asked_for_are_not_trusted(reply: bytes) -> None:
    with pytest.raises(InvalidReply):
        statement_files(date(2020, 9, 1), date(2020, 9, 1))(reply)
