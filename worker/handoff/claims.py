"""A claim for assistance: the area that recognised an identity asks the area of enrolment, decides, and pays (R17)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from config.areas import load_areas
from policies.assess import assess
from policies.load import load_notice
from policies.local import LocalParameters, load_local
from policies.notice import Notice
from policies.question import AssessQuestion
from worker.handoff.assisted import assisted_here
from worker.handoff.author import CannotStep, clerk_marks, take_step
from worker.handoff.cases import Stand, known, open_case, steps_of
from worker.handoff.propose import identity
from worker.house import House

_FLAGGED = text(
    "SELECT n.id AS person_id, n.cert_type, n.cert_index, n.cert_cipher, n.name_cipher, f.category FROM person n"
    " JOIN LATERAL (SELECT DISTINCT ON (category, recognised_on) category, recognised_on, revoked_on FROM identity_flag"
    "  WHERE person_id = n.id AND area = :area ORDER BY category, recognised_on, id DESC) AS f ON true"
    " WHERE (n.person_no = :given OR n.cert_index = :index) AND f.recognised_on <= :today"
    " AND (f.revoked_on IS NULL OR f.revoked_on > :today) ORDER BY f.recognised_on, f.category"
)
_FLAGS = text(
    "SELECT DISTINCT ON (category, recognised_on) category, area, recognised_on::text, revoked_on::text"
    " FROM identity_flag WHERE person_id = :person AND area = :area ORDER BY category, recognised_on, id DESC"
)
_BORN = text("SELECT cert_type, cert_cipher, birth_date FROM person WHERE id = :person")
_OPEN = text(
    "SELECT case_id FROM handoff WHERE kind = 'assistance_claim' AND side = 'origin' AND person_id = :person"
    " AND insured_year = :year AND state NOT IN ('refused', 'declined', 'withdrawn')"
)


def claim(
    connection: Connection, house: House, person: str, area: str, applied_on: date, case: UUID, today: date, clerk: str
) -> tuple[str, list[int]]:
    """Ask the area of enrolment whether this person is enrolled there and has paid; returns the case and the job."""
    house.peers.port(area)
    seal = house.vault.sealing(connection)
    year, index = house.law.insured_year, seal.index_one(f"01|{person.upper()}")
    values = {"given": person, "index": index, "area": house.law.area, "today": today}
    rows = connection.execute(_FLAGGED, values).all()
    if not rows:
        raise CannotStep(f"no identity of this person that {house.law.area} recognised is in force: look at `levy why`")
    row = rows[0]
    if other := connection.execute(_OPEN, {"person": row.person_id, "year": year}).scalar():
        raise CannotStep(f"this person's assistance of {year} is claimed already: case {other}")
    open_case(
        connection,
        {
            "case_id": str(case), "kind": "assistance_claim", "side": "origin", "area": house.law.area, "peer": area,
            "insured_year": year, "insurance": "resident_medical", "amount": None, "voucher": None,
            "first_paid_on": None, "cert_index": bytes(row.cert_index), "identity": identity(house, seal, row),
            "person_id": row.person_id, "enrolment_id": None, "due_id": None, "opened_on": today,
        },
    )  # fmt: skip
    facts = {
        "insured_year": year, "insurance": "resident_medical", "category": row.category,
        "applied_on": applied_on.isoformat(),
    }  # fmt: skip
    return str(case), take_step(connection, house, known(connection, str(case)), "claimed", facts, today, clerk)


def decide(connection: Connection, house: House, case: str, today: date, clerk: str) -> list[int]:
    """Grant what our notice gives beyond what the area of enrolment assists already, or decline. Raises ``CannotStep``.

    By another person than who opened the claim.
    """
    stand = known(connection, case)
    if stand.kind != "assistance_claim" or stand.side != "origin" or stand.state != "confirmed":
        raise CannotStep(f"case {case} is {stand.state}: it does not wait for our decision")
    claimed, confirmed = (step.facts for step in steps_of(connection, stand))
    if claimed.get("clerk") in clerk_marks(house, clerk):
        raise CannotStep("who opened a claim does not decide it: another person has to")
    answer = _answer(connection, house, stand, confirmed, today)
    if answer["outcome"] == "undetermined":
        raise CannotStep(f"{answer['notice']} does not settle this: {answer['reason']}")
    shares = _shares(answer, stand, house.law.area)
    if reason := _against(connection, stand, confirmed, shares):
        return take_step(connection, house, stand, "declined", {"reason": reason}, today, clerk)
    facts = {"assisted": shares, "notice": answer["notice"], "clauses": answer["clauses"]}
    return take_step(connection, house, stand, "granted", facts, today, clerk)


def _against(
    connection: Connection, stand: Stand, confirmed: Mapping[str, Any], shares: list[dict[str, Any]]
) -> str | None:
    """Why nothing is granted: nobody is assisted by two areas, or twice by one."""
    if confirmed.get("assisted"):
        return "assisted there already"
    if assisted_here(connection, stand.person_id, stand.insured_year, stand.insurance):
        return "assisted here already"
    return None if shares else "the notice gives no assistance in this case"


def _answer(
    connection: Connection, house: House, stand: Stand, confirmed: Mapping[str, Any], today: date
) -> dict[str, Any]:
    """What our notice says of somebody enrolled at the peer's, who has paid there, with the identities that we know."""
    flags = [dict(row._mapping) for row in connection.execute(_FLAGS, {"person": stand.person_id, "area": stand.area})]
    enrolled = confirmed.get("enrolled", {})
    question = AssessQuestion.model_validate(
        {
            "question": "assess", "notice": house.law.notice, "pooling_area": stand.peer, "as_of": today.isoformat(),
            "paid_on": confirmed["paid_on"], "birth_date": _birth_date(connection, house, stand), "flags": flags,
            **enrolled,
        }
    )  # fmt: skip
    notice = load_notice(house.law.notice)
    return assess(notice, _left_to(stand, notice), question).answer(None)


def _left_to(stand: Stand, notice: Notice) -> LocalParameters | None:
    """What the notice leaves to the area of enrolment, where it has set it: the premium assisted is that area's."""
    area, year = load_areas().get(stand.peer), stand.insured_year
    file = area.local.get(year) if area and area.notices.get(year) == notice.notice else None  # else: of another notice
    return load_local(file, notice) if file else None


def _birth_date(connection: Connection, house: House, stand: Stand) -> str:
    """From the roster, else from digits 7 to 14 of the identity number (GB 11643). Raises ``CannotStep``."""
    row = connection.execute(_BORN, {"person": stand.person_id}).one()
    if row.birth_date is not None:
        return str(row.birth_date)
    number = house.vault.decrypt([bytes(row.cert_cipher)])[0]
    if row.cert_type != "01":
        raise CannotStep("the person's birth date is not known here, and their document does not tell it")
    return f"{number[6:10]}-{number[10:12]}-{number[12:14]}"


def _shares(answer: Mapping[str, Any], stand: Stand, area: str) -> list[dict[str, Any]]:
    """What this area pays on application, by source."""
    lines = [line for line in answer.get("lines") or () if line["insurance"] == stand.insurance]
    return [
        {name: item[name] for name in ("source", "category", "rule", "amount")}
        for line in lines
        for item in line["assistance"]
        if item["paid_by_area"] == area and item["on_application"] and item["amount"]
    ]
