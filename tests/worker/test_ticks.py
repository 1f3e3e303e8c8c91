"""Scheduled work: whoever asks for it, a period is worked once."""

from datetime import date

from sqlalchemy import Engine, text

from config.settings import Schedule
from worker.ticks import tick
from worker.wiring import TICKS

DAY, AGE = date(2020, 9, 1), 1e12


def test_two_beats_call_for_a_period_once(engine: Engine) -> None:
    first = tick(engine, "assess", AGE, DAY, "610922")
    assert first is not None
    assert tick(engine, "assess", AGE, DAY, "610922") is None, "it still runs"
    with engine.begin() as connection:
        connection.execute(text("UPDATE job SET state = 'done', ended_at = now()"))
    assert tick(engine, "assess", AGE, DAY, "610922") is None, "its period was worked"
    assert tick(engine, "assess", AGE / 2, DAY, "610922") is not None, "another period"


def test_the_schedule_names_every_kind_of_scheduled_work_and_no_other() -> None:
    assert set(Schedule.model_fields) == TICKS.keys()
