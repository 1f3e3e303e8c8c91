"""Anchoring: heads of the audit chains go where whoever has the database cannot reach them."""

from __future__ import annotations

from worker.audit.anchors import append_heads, read_heads
from worker.exchange import answered, exchange
from worker.house import House
from worker.jobs.outcome import Done, Outcome, Parked
from worker.jobs.queue import NewJob
from worker.jobs.run import FULL
from worker.jobs.work import Work
from worker.metrics.declared import ANCHORED


def plan(work: Work, house: House) -> Outcome | None:
    """The tick: append the heads to the file, and call for a message to each peer.

    A file that cannot be written parks the tick, which is seen in `levy jobs`; the peers are told all the same. On a
    full disk it is tried again, for that passes.
    """
    with work.begin() as connection:
        heads = read_heads(connection, house.clock.now())
    said = [head.wire() for head in heads]
    job = work.job
    with work.step() as connection:
        work.enqueue(
            connection,
            [
                NewJob("anchor_peer", f"{peer}-{job.id}", {"peer": peer, "heads": said}, job.business_date, job.area)
                for peer in house.peers.ports
                if said
            ],
        )
    try:
        appended = append_heads(house.settings.anchors, heads)
    except OSError as error:
        if error.errno in FULL:
            raise
        return Parked(f"{house.settings.anchors} cannot be appended to: {error.strerror}")
    ANCHORED.labels("file").set_to_current_time()
    return Done({"heads": len(heads), "appended": appended})


def give(work: Work, house: House) -> Outcome | None:
    """Give heads to a peer to keep."""
    peer = work.job.payload["peer"]
    port = house.peers.port(peer)
    taken = exchange(
        work,
        house.vault,
        f"peer {peer}",
        lambda _: port.encode_anchors(work.job.payload["heads"]),
        port.ask_anchors,
        port.anchor,
    )
    with work.completing(Done({"taken": taken})) as connection:
        answered(connection, work)
    return None
