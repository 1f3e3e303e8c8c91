"""Pay-outs, measured: granted assistance is ordered from the treasury, executed there, and booked as it was paid."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, text

from adapters.simulators.accounts import account_number
from worker.bench.ground import DAY, Ground, ground

_FILL = (
    "INSERT INTO person (person_no, cert_type, cert_index, cert_cipher, name_cipher, name_index, birth_date)"
    " SELECT lpad(n::text, 16, '6109220000000000'), '01', sha256(n::text::bytea), :number, :name,"
    " sha256((n % 50000)::text::bytea), '1990-03-07' FROM generate_series(1, :people) AS n",
    "INSERT INTO bank_account (person_id, account_cipher, account_index, account_name_cipher, bank, business_date,"
    " source_file, recorded_at) SELECT n, cipher, sha256(n::text::bytea), :name, '农业银行', '2020-08-31', 1, now()"
    " FROM unnest(CAST(:accounts AS bytea[])) WITH ORDINALITY AS own(cipher, n)",
    "INSERT INTO enrolment (person_id, insured_year, area, town, person_type, business_date, source_file, stale,"
    " recorded_at, decision_id, assessed_on, benefit_start, benefit_end) SELECT n, 2021, '610922', '610922100', '1501',"
    " '2020-08-31', 1, false, now(), 1, '2020-09-01', '2021-01-01', '2021-12-31' FROM generate_series(1, :people) AS n",
    "INSERT INTO due (id, enrolment_id, person_id, area, insured_year, insurance, payer, version, decision_id,"
    " standard, amount, channel, assessed_on, deadline, batch, state, paid, paid_on) SELECT n, n, n, '610922', 2021,"
    " 'resident_medical', 'person', 1, 1, 28000, 28000, 'ordinary', '2020-09-01', '2020-12-31', 'b-' || n / 2000,"
    " 'paid', 28000, '2020-09-01' FROM generate_series(1, :people) AS n",
    "INSERT INTO assistance (id, enrolment_id, person_id, due_id, area, insured_year, insurance, category, source,"
    " amount, rule, ordinal, granted_on) SELECT n, n, n, n, '610922', 2021, 'resident_medical', 'registered_poor',"
    " 'fiscal', 12000, 'r', 1, '2020-09-01' FROM generate_series(1, :people) AS n",
    "ANALYZE",
)
_OUTCOMES = text(
    "SELECT count(*) FILTER (WHERE state = 'paid'), count(*) FILTER (WHERE state = 'held') FROM assistance"
)
_ARRIVED = text("SELECT coalesce(sum(amount), 0)::bigint FROM transfer WHERE code = 'assistance.arrived'")


class NotPaidOut(Exception):
    """Some of what was granted is neither paid nor held, or the ledger says otherwise: nothing was measured."""


@dataclass(frozen=True)
class PaidOut:
    """Pay-outs as measured: how many, seconds of ordering and of booking the results, and SQL statements in all."""

    count: int
    returned: int
    ordering: float
    booking: float
    statements: int

    @property
    def per_second(self) -> float:
        """Pay-outs a second, from granted to booked as paid or returned."""
        return self.count / (self.ordering + self.booking)

    @property
    def statements_each(self) -> float:
        """SQL statements for each pay-out."""
        return self.statements / self.count


def pay_out(count: int) -> PaidOut:
    """Pay out so much granted assistance, all at once, in two processes. Raises ``NotPaidOut``."""
    with ground() as place:
        with place.house.engine.begin() as connection:
            _fill(connection, place, count)
        begun = time.monotonic()
        statements = place.tick("disburse", DAY)
        ordered = time.monotonic()
        executed_by = DAY + timedelta(days=7)
        place.neighbours.advance(executed_by)  # the bank's time is not ours
        resumed = time.monotonic()
        statements += place.tick("pull_results", executed_by)
        booked = time.monotonic()
        with place.house.engine.connect() as connection:
            paid, held = connection.execute(_OUTCOMES).one()
            if paid + held != count or connection.execute(_ARRIVED).scalar_one() != paid * 12000:
                raise NotPaidOut(f"of {count:,} pay-outs {paid:,} are paid and {held:,} held")
    return PaidOut(count, held, ordered - begun, booked - resumed, statements)


def _fill(connection: Connection, place: Ground, people: int) -> None:
    seal = place.house.vault.sealing(connection)
    number, name = seal.encrypt(["610922199003078519", "张三"])
    accounts = seal.encrypt(account_number(serial) for serial in range(people))
    values = {"people": people, "number": number, "name": name, "accounts": accounts}
    for statement in _FILL:
        connection.execute(text(statement), {key: value for key, value in values.items() if f":{key}" in statement})
