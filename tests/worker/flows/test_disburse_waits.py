"""Pay-outs wait for lists that are being taken in: one of them may bring the account that counts."""

from datetime import date

from tests.worker.flows.stage import Stage
from worker.jobs.queue import NewJob, enqueue

OCTOBER = date(2020, 10, 15)


def test_a_pay_out_waits_until_the_lists_are_in(stage: Stage) -> None:
    stage.pay(1, OCTOBER)
    stage.tick(OCTOBER, "pull_payments")
    with stage.house.engine.begin() as connection:
        (arriving,) = enqueue(connection, [NewJob("intake", "a list", {}, OCTOBER, "610922")])
        connection.exec_driver_sql(
            f"UPDATE job SET state = 'running', lease_until = now() + '1 day' WHERE id = {arriving}"
        )
    stage.tick(OCTOBER, "disburse")
    assert stage.treasury.orders == {}
    with stage.house.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE job SET state = 'done' WHERE id = {arriving}")
    stage.drain()
    assert len(stage.treasury.orders) == 1
