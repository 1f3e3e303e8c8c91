"""An array parameter holds just the values that were put in."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from tests.drawn import drawn
from worker.database.arrays import array

words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@given(st.lists(st.none() | words), st.lists(st.none() | st.integers(-(2**62), 2**62)), st.lists(st.booleans()))
@drawn(60)
def test_what_was_sent_is_what_arrives(
    engine: Engine, texts: list[str | None], numbers: list[int | None], flags: list[bool]
) -> None:
    query = text("SELECT CAST(:texts AS text[]), CAST(:numbers AS bigint[]), CAST(:flags AS bool[])")
    values = {"texts": array(texts), "numbers": array(numbers), "flags": array(flags)}
    with engine.connect() as connection:
        assert tuple(connection.execute(query, values).one()) == (texts, numbers, flags)


def test_words_that_mean_something_to_the_database_are_only_words(engine: Engine) -> None:
    hostile = ["NULL", "", "{}", '","', "\\", "a,b", '"', "null", " x "]
    with engine.connect() as connection:
        read = connection.execute(text("SELECT CAST(:a AS text[])"), {"a": array(hostile)}).scalar_one()
        days = connection.execute(
            text("SELECT CAST(:a AS date[])"), {"a": array([date(2020, 2, 29), None])}
        ).scalar_one()
    assert read == hostile
    assert days == [date(2020, 2, 29), None]
