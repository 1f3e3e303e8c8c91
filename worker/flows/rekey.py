"""Rekeying: what older keys encrypted is encrypted anew, a new index is made, in batches while everybody works on."""

from __future__ import annotations

from sqlalchemy.exc import OperationalError

from worker.audit.log import Event
from worker.house import House
from worker.jobs.outcome import Done, Later, Outcome
from worker.jobs.queue import NewJob
from worker.jobs.work import Work
from worker.privacy import Seal
from worker.rotation import encrypt, reindex
from worker.rotation.state import hold_alone, make_current, mark, number_in

_BUSY = "somebody is writing with the keys or reading the tables: tried again in a moment"


def plan(work: Work, house: House) -> Outcome | None:
    """The tick: call for a job per stretch that an older key still holds; note the keys that nothing uses any more."""
    with work.completing() as connection:
        busy = connection.exec_driver_sql(
            "SELECT count(*) FROM job WHERE kind IN ('reencrypt', 'reindex', 'change_index')"
            " AND state IN ('ready', 'running', 'unknown')"
        ).scalar_one()
        if busy:
            return None
        if (former := number_in(connection, "data", "former")) is not None:
            current = number_in(connection, "data", "current")
            assert current is not None
            left = encrypt.ranges_left(connection, current)
            work.enqueue(connection, [_job(work, "reencrypt", *stretch) for stretch in left])
            if not left:
                mark(connection, "data", former, "unused")
                event = Event("keys.unused", None, {"purpose": "data", "key": former})
                house.audit.record(connection, work.origin(), [event], house.clock.now())
        if (incoming := number_in(connection, "index", "incoming")) is not None:
            open_stretches = reindex.ranges_left(connection)
            work.enqueue(connection, [_job(work, "reindex", *stretch) for stretch in open_stretches])
            if not open_stretches:
                work.enqueue(connection, [_job(work, "change_index", incoming, 0, 0)])
    return None


def _job(work: Work, kind: str, what: str | int, low: int, high: int) -> NewJob:
    job = work.job
    return NewJob(kind, f"{what}-{low}-{job.id}", {"what": what, "low": low, "high": high}, job.business_date, job.area)


def reencrypt(work: Work, house: House) -> Outcome | None:
    """Encrypt a stretch of a table with the data key in use."""
    table, low, high = work.job.payload["what"], work.job.payload["low"], work.job.payload["high"]
    done = 0
    while low <= high:
        with work.step() as connection:
            seal = house.vault.sealing(connection)
            count, low = encrypt.encrypt_anew(connection, house.vault, seal, table, low, high)
            done += count
    return Done({"table": table, "rows": done})


def reindex_stretch(work: Work, house: House) -> Outcome | None:
    """Make the new hashes of a stretch of a column."""
    which, low, high = work.job.payload["what"], work.job.payload["low"], work.job.payload["high"]
    done = 0
    while low <= high:
        with work.step() as connection:
            incoming = number_in(connection, "index", "incoming")
            if incoming is None:
                return Done({"rows": done, "reason": "the index was changed already"})
            seal = Seal(house.keychain.newest("data"), house.keychain.key("index", incoming))
            count, low = reindex.hash_anew(connection, house.vault, seal, which, low, high)
            done += count
    return Done({"rows": done})


def change_index(work: Work, house: House) -> Outcome | None:
    """Let the new index take the old one's place, in a moment in which nobody writes."""
    incoming = int(work.job.payload["what"])
    try:
        with work.completing() as connection:
            hold_alone(connection)
            if number_in(connection, "index", "incoming") != incoming:
                return None
            before = number_in(connection, "index", "current")
            key = house.keychain.key("index", incoming)
            made = reindex.change_places(connection, house.vault, Seal(house.keychain.newest("data"), key))
            make_current(connection, "index", key, before="unused")
            facts = {"purpose": "index", "before": before, "key": incoming, "algorithm": key.algorithm, "late": made}
            house.audit.record(connection, work.origin(), [Event("keys.rotated", None, facts)], house.clock.now())
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) not in ("55P03", "40P01"):
            raise
        return Later(_BUSY, seconds=2, failed=False)
    return None
