"""Telling peers of people enrolled here who may be enrolled with them too: only those who have something to do with
the peer's area, and each once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection, text

from adapters.peer.port import Notice
from worker.database.arrays import array
from worker.database.roster import elsewhere
from worker.privacy import Vault

LARGEST = 1000
_SAID = "concat_ws(' ', e.benefit_start, coalesce(e.student_stage = 'college' AND e.school_area = e.area, false))"
# Few have to do with a peer: they are found first, and everything else is asked of them alone.
_UNTOLD = (
    "WITH near AS MATERIALIZED (SELECT p.peer, e.id FROM enrolment e JOIN unnest(CAST(:peers AS text[])) AS p(peer)"
    "  ON p.peer IN (e.household_area, e.residence_area, e.school_area, e.prior_area)"
    f"  WHERE e.area = :area AND e.insured_year = :year AND ({elsewhere('e.')})"
    "  UNION SELECT f.area, e.id FROM identity_flag f"
    "  JOIN enrolment e ON e.person_id = f.person_id AND e.area = :area AND e.insured_year = :year"
    "  WHERE f.area = ANY(CAST(:peers AS text[])))"
    f" SELECT p.peer, e.id AS enrolment_id, {_SAID} AS said FROM near p JOIN enrolment e ON e.id = p.id"
    " WHERE e.benefit_start IS NOT NULL AND e.closed_because IS NULL AND e.suspended_on IS NULL"
    " AND (e.free_since IS NOT NULL OR EXISTS"
    "  (SELECT FROM due d WHERE d.enrolment_id = e.id AND d.current AND d.state = 'paid'))"
    f" AND NOT EXISTS (SELECT FROM peer_told t WHERE t.peer = p.peer AND t.enrolment_id = e.id AND t.said = {_SAID})"
)
_COUNT = text(f"SELECT peer, count(*) AS people FROM ({_UNTOLD}) AS u GROUP BY peer ORDER BY peer")
_NOTE = text(
    "INSERT INTO peer_told (peer, enrolment_id, said, batch, told_on)"
    " SELECT peer, enrolment_id, said, :key || '-' || peer || '-' ||"
    "  (row_number() OVER (PARTITION BY peer ORDER BY enrolment_id) - 1) / :size, :today"
    f" FROM ({_UNTOLD}) AS u ON CONFLICT DO NOTHING RETURNING peer, batch"
)
_OF_BATCH = text(
    "SELECT n.cert_type, n.cert_cipher, e.insured_year, e.benefit_start,"
    " coalesce(e.student_stage = 'college' AND e.school_area = e.area, false) AS as_student FROM peer_told t"
    " JOIN enrolment e ON e.id = t.enrolment_id JOIN person n ON n.id = e.person_id"
    " WHERE t.batch = :batch AND e.benefit_start IS NOT NULL ORDER BY e.id"
)


def untold(connection: Connection, peers: Sequence[str], area: str, year: int) -> dict[str, int]:
    """How many people each peer has not been told of yet, or otherwise than they stand now."""
    values = {"peers": array(peers), "area": area, "year": year}
    return {row.peer: row.people for row in connection.execute(_COUNT, values)}


def note_told(
    connection: Connection, peers: Sequence[str], area: str, year: int, key: str, today: date
) -> list[tuple[str, str]]:
    """Put whom a peer has not been told of into batches under ``key``; returns peer and batch of each to be sent."""
    values = {"peers": array(peers), "area": area, "year": year, "key": key, "size": LARGEST, "today": today}
    return sorted({(row.peer, row.batch) for row in connection.execute(_NOTE, values)})


def notices(connection: Connection, vault: Vault, batch: str) -> list[Notice]:
    """The notices of a batch. How long somebody has been covered before is not known to us, and said so."""
    rows = connection.execute(_OF_BATCH, {"batch": batch}).all()
    numbers = vault.decrypt([bytes(row.cert_cipher) for row in rows])
    return [
        Notice(
            row.cert_type, number, "resident", row.insured_year, row.benefit_start.isoformat(), None, row.as_student,
            flexible_employment=False,
        )
        for row, number in zip(rows, numbers, strict=True)
    ]  # fmt: skip
