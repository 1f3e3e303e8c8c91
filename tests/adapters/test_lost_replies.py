"""The money question: a reply is lost, and the effect happened or did not. Nothing happens twice."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, NamedTuple

import psutil
import pytest

from adapters.ports import OutcomeUnknown
from adapters.tax.client import TaxClient
from adapters.treasury.client import TreasuryClient
from tests.adapters.rows_made import due, fresh, order, sponsored_due
from tests.adapters.simulated import KEY, Simulated

WITHOUT_EFFECT = ("timeout_before_effect", "error_before_effect", "bad_gateway")
WITH_EFFECT = (
    "timeout_after_effect",
    "error_after_effect",
    "gateway_timeout",
    "cut_body",
    "drip",
    "invalid_json",
    "endless_body",
    "missing_acknowledgement",
    "foreign_acknowledgement",
    "duplicate_line",
)
WRITES = ("submit_dues", "void_dues", "declare_sponsor", "submit_refunds", "submit_orders")


class Write(NamedTuple):
    """One keyed write with its question, ready to be sent."""

    simulator: Simulated
    key: str
    body: bytes
    lose: Callable[[str, bytes], Any]
    """Send, and give up waiting soon."""
    send: Callable[[str, bytes], Any]
    ask: Callable[[str, bytes], Any]


@pytest.fixture
def write(request: pytest.FixtureRequest, operation: str) -> Write:
    key = fresh("key")
    if operation == "submit_orders":
        treasury: TreasuryClient = request.getfixturevalue("treasury")
        body = treasury.encode_orders(key, "610922", [order(), order()])
        lose = request.getfixturevalue("hasty_treasury").submit_orders
        simulator = request.getfixturevalue("treasury_simulator")
        return Write(simulator, key, body, lose, treasury.submit_orders, treasury.ask_orders)
    tax: TaxClient = request.getfixturevalue("tax")
    simulator = request.getfixturevalue("tax_simulator")
    lose = getattr(request.getfixturevalue("hasty_tax"), operation)
    if operation == "submit_dues":
        body = tax.encode_due_batch(key, "610922", 2021, [due(), due()])
        return Write(simulator, key, body, lose, tax.submit_dues, tax.ask_due_batch)
    rows, before = [sponsored_due(), sponsored_due()], fresh("batch")
    tax.submit_dues(before, tax.encode_due_batch(before, "610922", 2021, rows))
    if operation == "void_dues":
        body = tax.encode_void_batch(key, "610922", [{"reference": row["reference"], "reason": "x"} for row in rows])
        return Write(simulator, key, body, lose, tax.void_dues, tax.ask_void_batch)
    declared = [{name: row[name] for name in ("reference", "person_no", "amount")} for row in rows]
    if operation == "submit_refunds":
        tax.declare_sponsor(paid := fresh("key"), _declaration(tax, paid, declared))
        states = {
            state["reference"]: state["voucher_no"] for state in tax.due_states([row["reference"] for row in rows])
        }
        refunds = [
            {"reference": fresh("refund"), "due_reference": reference, "voucher_no": voucher, "line": 1,
             "amount": 28000, "reason": "paid_twice"}
            for reference, voucher in states.items()
        ]  # fmt: skip
        body = tax.encode_refund_batch(key, "610922", refunds)
        return Write(simulator, key, body, lose, tax.submit_refunds, tax.ask_refund_batch)
    body = _declaration(tax, key, declared)
    return Write(simulator, key, body, lose, tax.declare_sponsor, tax.ask_sponsor_declaration)


def _declaration(tax: TaxClient, key: str, rows: list[dict[str, Any]]) -> bytes:
    return tax.encode_sponsor_declaration(key, "610922", 2021, "medical_assistance", rows)


@pytest.mark.parametrize("operation", WRITES)
@pytest.mark.parametrize("fault", [*WITHOUT_EFFECT, *WITH_EFFECT])
def test_a_lost_reply_is_unknown_then_asked_for_then_repeated_with_one_effect(
    write: Write, operation: str, fault: str
) -> None:
    write.simulator.fault(fault, operation)
    with pytest.raises(OutcomeUnknown) as unknown:
        write.lose(write.key, write.body)
    assert unknown.value.reference == write.key
    happened = write.ask(write.key, write.body)
    assert (happened is not None) == (fault in WITH_EFFECT)
    repeated = write.send(write.key, write.body)
    assert happened in (None, repeated)
    assert len(repeated) == 2
    assert write.simulator.effects_of(write.key) == 1


@pytest.mark.parametrize("operation", WRITES)
def test_replies_may_be_lost_again_and_again(write: Write, operation: str) -> None:
    for fault in ("timeout_before_effect", "cut_body", "error_after_effect", "timeout_after_effect"):
        write.simulator.fault(fault, operation)
        with pytest.raises(OutcomeUnknown):
            write.lose(write.key, write.body)
    assert write.ask(write.key, write.body) == write.send(write.key, write.body)
    assert write.simulator.effects_of(write.key) == 1


def test_a_treasury_killed_after_the_effect_still_knows_it(start_treasury: Callable[[], Simulated]) -> None:
    simulator = start_treasury()
    treasury = TreasuryClient(simulator.url, KEY)
    body = treasury.encode_orders("k", "610922", [order()])
    first = treasury.submit_orders("k", body)
    simulator.kill()
    simulator.start()
    treasury = TreasuryClient(simulator.url, KEY)
    assert treasury.ask_orders("k", body) == treasury.submit_orders("k", body) == first
    assert simulator.effects_of("k") == 1


def test_a_tax_system_killed_after_the_effect_still_knows_it(start_tax: Callable[..., Simulated]) -> None:
    simulator = start_tax(rejection_share=0)
    tax = TaxClient(simulator.url, KEY)
    rows = [sponsored_due(), due()]
    declared = [{name: rows[0][name] for name in ("reference", "person_no", "amount")}]
    bodies = {
        "submit_dues": tax.encode_due_batch("k1", "610922", 2021, rows),
        "declare_sponsor": tax.encode_sponsor_declaration("k2", "610922", 2021, "medical_assistance", declared),
        "void_dues": tax.encode_void_batch(
            "k3", "610922", [{"reference": row["reference"], "reason": "x"} for row in rows]
        ),
    }
    keys = dict(zip(bodies, ("k1", "k2", "k3"), strict=True))
    first = {write: getattr(tax, write)(keys[write], body) for write, body in bodies.items()}
    simulator.kill()
    simulator.start()
    tax = TaxClient(simulator.url, KEY)
    asks = {
        "submit_dues": tax.ask_due_batch,
        "declare_sponsor": tax.ask_sponsor_declaration,
        "void_dues": tax.ask_void_batch,
    }
    for write, body in bodies.items():
        assert asks[write](keys[write], body) == getattr(tax, write)(keys[write], body) == first[write]
        assert simulator.effects_of(keys[write]) == 1
    assert [result.outcome for result in first["void_dues"]] == ["already_paid", "voided"]


def test_a_reply_without_end_ends_when_nobody_listens_any_more(
    treasury_simulator: Simulated, hasty_treasury: TreasuryClient
) -> None:
    treasury_simulator.fault("endless_body", "submit_orders")
    with pytest.raises(OutcomeUnknown):
        hasty_treasury.submit_orders(key := fresh("key"), hasty_treasury.encode_orders(key, "610922", [order()]))
    hasty_treasury.close()
    simulator = psutil.Process(treasury_simulator.process.pid)
    time.sleep(0.3)
    before = simulator.cpu_times()
    time.sleep(1.0)
    after = simulator.cpu_times()
    assert after.user + after.system - before.user - before.system < 0.5, "it still sends, for nobody"
