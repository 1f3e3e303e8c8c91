"""Ports for servers that begin to listen later than they are chosen."""

import pytest

from worker.servers import ports


def test_a_port_that_nobody_listens_at_yet_is_not_given_to_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "RANGE", range(31000, 31060))
    given = [ports.choose_port(None) for _ in range(30)]
    assert len(set(given)) == len(given)
    assert ports.choose_port(str(given[0])) == given[0], "who comes back finds its own"
