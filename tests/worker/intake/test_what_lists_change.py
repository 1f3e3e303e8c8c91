"""What a list says that is news changes the roster and is recorded; what it repeats, or knew, changes nothing."""

from datetime import date

from tests.adapters.bureau.reading import ACCOUNT, ENROLMENT, FLAG, lines_of
from tests.worker.intake.conftest import Desk

LATER = date(2020, 12, 1)
OTHER = ENROLMENT | {
    "person_no": "6109220000000002",
    "cert_no": "11010519491231002X",
    "name": "李四",
    "birth_date": "1949-12-31",
}


def settle(desk: Desk) -> None:
    """As if everybody had been assessed."""
    with desk.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE enrolment SET stale = false")


def test_an_equal_row_in_another_file_changes_nothing(desk: Desk) -> None:
    desk.take(lines_of(ENROLMENT, OTHER))
    settle(desk)
    again = desk.take(lines_of(OTHER, ENROLMENT | {"birth_date": "1990/3/7", "town": "610922100"}), day=LATER)
    assert (again.added, again.changed, again.unchanged) == (0, 0, 2)
    assert desk.events() == ["intake.taken", "intake.taken"]
    assert desk.one("SELECT count(*) FROM enrolment WHERE stale") == 0


def test_a_changed_row_is_taken_over_recorded_and_assessed_again(desk: Desk) -> None:
    desk.take(lines_of(ENROLMENT, OTHER))
    settle(desk)
    moved = ENROLMENT | {"town": "饶峰镇", "circumstances": "退役士兵", "residence_area": "无"}
    taken = desk.take(lines_of(moved, OTHER), day=LATER)
    assert (taken.changed, taken.unchanged) == (1, 1)
    assert desk.rows("SELECT town, circumstances, residence_area, business_date FROM enrolment WHERE stale") == [
        ("610922101", ["demobilised_soldier"], "", LATER)
    ]
    assert desk.facts("enrolment.changed") == [
        {
            "insured_year": 2021,
            "before": {"town": "610922100", "circumstances": [], "residence_area": None},
            "after": {"town": "610922101", "circumstances": ["demobilised_soldier"], "residence_area": ""},
        }
    ]


def test_an_older_list_never_overwrites_a_newer_one(desk: Desk) -> None:
    desk.take(lines_of(ENROLMENT | {"town": "饶峰镇"}), day=LATER)
    older = desk.take(lines_of(ENROLMENT | {"name": "张叁"}))
    assert (older.changed, older.unchanged) == (0, 1)
    assert desk.one("SELECT town FROM enrolment") == "610922101"


def test_a_new_name_is_taken_over_without_being_told_in_the_log(desk: Desk) -> None:
    desk.take(lines_of(ENROLMENT))
    settle(desk)
    assert desk.take(lines_of(ENROLMENT | {"name": "张叁"}), day=LATER).changed == 1
    with desk.engine.connect() as connection:
        ciphers = connection.exec_driver_sql("SELECT name_cipher FROM person").scalars()
        assert desk.house.vault.decrypt(map(bytes, ciphers)) == ["张叁"]
    assert desk.facts("person.corrected")[0]["name_changed"] is True
    assert desk.one("SELECT stale FROM enrolment") is True


def test_each_row_is_counted_once_whatever_it_brings(desk: Desk) -> None:
    desk.take(lines_of(ENROLMENT, OTHER))
    renamed = ENROLMENT | {"name": "张叁"}
    taken = desk.take(
        lines_of(renamed | {"insured_year": "2022"}, OTHER | {"name": "李肆", "town": "饶峰镇"}), day=LATER
    )
    assert (taken.rows, taken.added, taken.changed, taken.unchanged) == (2, 1, 1, 0)


def test_another_year_is_another_enrolment(desk: Desk) -> None:
    desk.take(lines_of(ENROLMENT))
    assert desk.take(lines_of(ENROLMENT | {"insured_year": "2022"}), day=date(2021, 8, 31)).added == 1
    assert desk.counts()["person"] == 1


def test_a_list_may_name_somebody_for_two_years(desk: Desk) -> None:
    next_year = {"insured_year": "2022"}
    desk.take(lines_of(FLAG), "flags.csv")
    taken = desk.take(lines_of(ENROLMENT, OTHER, ENROLMENT | next_year, OTHER | next_year))
    assert (taken.added, taken.quarantined) == (4, 0)
    stolen = OTHER | {"cert_type": "07", "cert_no": "FIN310199001010"}
    mixed = desk.take(lines_of(stolen, stolen | next_year | {"person_no": "6109220000000009"}), day=LATER)
    assert (mixed.added, [row.problems[0].code for row in desk.held()]) == (1, ["person_no_differs"])


def test_a_person_number_and_a_document_that_contradict_the_roster_are_quarantined(desk: Desk) -> None:
    desk.take(lines_of(ENROLMENT))
    third = OTHER | {"person_no": "6109220000000003"}
    contradicting = lines_of(
        OTHER | {"person_no": ENROLMENT["person_no"]},
        ENROLMENT | {"person_no": "6109220000000009"},
        third | {"cert_type": "07", "cert_no": "FIN310199001010"},
    )
    taken = desk.take(contradicting, day=LATER)
    assert (taken.rows, taken.added, taken.quarantined) == (3, 1, 2)
    assert [(row.line, row.problems[0].code) for row in desk.held()] == [
        (2, "person_no_taken"),
        (3, "person_no_differs"),
    ]
    assert desk.held()[0].cells["name"] == "李四"
    assert desk.counts()["enrolment"] == 2


def test_a_flag_known_before_its_person_is_kept_for_them(desk: Desk) -> None:
    assert desk.take(lines_of(FLAG, FLAG | {"category": "建档立卡"}), "flags.csv").added == 2
    assert desk.rows("SELECT person_no, birth_date FROM person") == [(None, None)]
    desk.take(lines_of(ENROLMENT))
    assert desk.rows(
        "SELECT person_no, birth_date, category FROM person p JOIN identity_flag f ON f.person_id = p.id ORDER BY f.id"
    ) == [
        (ENROLMENT["person_no"], date(1990, 3, 7), "minimum_living_allowance"),
        (ENROLMENT["person_no"], date(1990, 3, 7), "registered_poor"),
    ]


def test_a_number_that_another_person_has_is_not_given_to_somebody_known_from_flags(desk: Desk) -> None:
    desk.take(lines_of(FLAG), "flags.csv")
    desk.take(lines_of(OTHER))
    taken = desk.take(lines_of(ENROLMENT | {"person_no": OTHER["person_no"]}), day=LATER)
    assert (taken.added, taken.quarantined) == (0, 1)
    assert desk.held()[0].problems[0].code == "person_no_taken"


def test_a_revocation_is_another_row_and_its_person_is_assessed_again(desk: Desk) -> None:
    desk.take(lines_of(ENROLMENT, OTHER))
    desk.take(lines_of(FLAG), "flags.csv")
    settle(desk)
    ended = lines_of(FLAG | {"revoked_on": "2020-11-30"})
    assert desk.take(ended, "ended.csv", LATER).changed == 1
    assert desk.take(ended + "\n", "ended again.csv", LATER).unchanged == 1
    assert desk.rows("SELECT revoked_on, business_date FROM identity_flag ORDER BY id") == [
        (None, date(2020, 8, 31)),
        (date(2020, 11, 30), LATER),
    ]
    assert desk.facts("flag.changed")[0]["revoked_on"] == {"before": None, "after": "2020-11-30"}
    assert desk.rows("SELECT p.person_no FROM enrolment e JOIN person p ON p.id = e.person_id WHERE e.stale") == [
        (ENROLMENT["person_no"],)
    ]
    late = desk.take(lines_of(FLAG | {"memo": "旧"}), "older list.csv", date(2020, 9, 15))
    assert (late.added, late.changed) == (0, 0)


def test_a_new_account_comes_beside_the_old_one(desk: Desk) -> None:
    desk.take(lines_of(ENROLMENT))
    assert desk.take(lines_of(ACCOUNT), "accounts.csv").added == 1
    assert desk.take(lines_of(ACCOUNT | {"bank": "农村商业银行 "}), "same.csv", LATER).unchanged == 1
    corrected = desk.take(lines_of(ACCOUNT | {"account_no": "6217001000000000018"}), "corrected.csv", LATER)
    assert (corrected.added, corrected.changed) == (0, 1)
    assert desk.one("SELECT count(*) FROM bank_account") == 2
    assert desk.events()[-2:] == ["account.changed", "intake.taken"]


def test_a_roster_may_bring_the_account_along(desk: Desk) -> None:
    account = {name: ACCOUNT[name] for name in ("account_name", "account_no", "bank")}
    desk.take(lines_of(ENROLMENT | account, OTHER | dict.fromkeys(account, "")))
    assert desk.rows("SELECT p.person_no FROM bank_account b JOIN person p ON p.id = b.person_id") == [
        (ENROLMENT["person_no"],)
    ]
    half = desk.take(lines_of(ENROLMENT | account | {"bank": ""}), day=LATER)
    assert desk.held()[0].problems[0].code == "incomplete"
    assert half.quarantined == 1
