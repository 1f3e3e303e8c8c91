"""COPY writes every value as it is, whatever it holds."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from tests.drawn import drawn
from worker.database.copy import copy_columns

words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
rows = st.lists(
    st.tuples(
        st.none() | st.integers(-(2**63), 2**63 - 1),
        st.none() | words,
        st.none() | st.binary(),
        st.none() | st.dates(date(1, 1, 1)),
        st.booleans(),
        st.lists(words, max_size=3),
    ),
    max_size=6,
)


@given(rows)
@drawn(60)
def test_what_was_copied_is_what_is_read(engine: Engine, written: list[tuple[object, ...]]) -> None:
    names = ("number", "word", "octets", "day", "flag", "words")
    with engine.begin() as connection:
        connection.execute(
            text(
                "CREATE TEMP TABLE copied (at int, number bigint, word text, octets bytea, day date, flag bool,"
                " words text[]) ON COMMIT DROP"
            )
        )
        columns = {name: [row[at] for row in written] for at, name in enumerate(names)}
        assert copy_columns(connection, "copied", {"at": range(len(written)), **columns}) == len(written)
        read = connection.execute(text("SELECT number, word, octets, day, flag, words FROM copied ORDER BY at")).all()
    assert [tuple(row) for row in read] == written


def test_moments_keep_their_place_in_time(engine: Engine) -> None:
    moment = datetime(2020, 9, 1, 0, 30, 0, 123456, tzinfo=UTC)
    with engine.begin() as connection:
        copy_columns(connection, "heartbeat", {"name": ["a\tb\\N"], "at": [moment]})
        assert connection.execute(text("SELECT name, at FROM heartbeat")).one() == ("a\tb\\N", moment)


def test_columns_of_unequal_length_are_refused(engine: Engine) -> None:
    with engine.begin() as connection, pytest.raises(ValueError, match="differ in length"):
        copy_columns(connection, "heartbeat", {"name": ["a"], "at": []})
