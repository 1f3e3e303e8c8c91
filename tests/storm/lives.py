"""What became of each person in a season, so that a storm whose money differs says of whom."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import Connection, text

_LIVES = text(
    "SELECT concat_ws(' ', p.person_no, said.what, said.a, said.b, said.c, said.d, said.e) FROM person p JOIN ("
    "SELECT d.person_id, 'payment', y.kind, y.amount::text, y.tax_date::text, y.channel, y.remark"
    " FROM payment y JOIN due d ON d.id = y.due_id"
    " UNION ALL SELECT person_id, 'due', payer || ' version ' || version, amount::text, deadline::text, state,"
    "  concat_ws(' ', 'paid', paid, 'current', current) FROM due"
    " UNION ALL SELECT person_id, 'assistance', source, amount::text, state, timing, category FROM assistance"
    " UNION ALL SELECT person_id, 'refund', reason, amount::text, applied_on::text, state, remark FROM refund_case"
    " UNION ALL SELECT person_id, 'enrolment', town, closed_because, suspended_on::text, benefit_start::text,"
    "  benefit_end::text FROM enrolment"
    ") AS said (person_id, what, a, b, c, d, e) ON said.person_id = p.id"
)


def read_lives(connection: Connection) -> Counter[str]:
    """A line for each thing that happened to anybody."""
    return Counter(connection.execute(_LIVES).scalars())


def differences(quiet: Counter[str], struck: Counter[str]) -> list[str]:
    """What only one of two seasons has, person by person."""
    only = [(line, "quiet") for line in (quiet - struck)] + [(line, "storm") for line in (struck - quiet)]
    return [f"{line}: in the {season} season only" for line, season in sorted(only)]
