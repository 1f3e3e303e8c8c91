"""A broker that is empty before and after."""

from collections.abc import Iterator

import pytest
from kombu.connection import Connection as Broker


@pytest.fixture
def own_broker(environment: dict[str, str], broker_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The session's broker, in a room of it that nobody else uses."""
    url = broker_url.rsplit("/", 1)[0] + "/9"
    monkeypatch.setenv("LEVY_BROKER_URL", url)
    with Broker(url) as broker:  # type: ignore[no-untyped-call]
        broker.default_channel.client.flushdb()
        yield url
        broker.default_channel.client.flushdb()
