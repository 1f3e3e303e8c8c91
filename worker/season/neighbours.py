"""Moving the simulated neighbours' day on, so that payers pay and banks execute."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date
from typing import Any

import requests
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_fixed

from config.settings import Settings
from worker.keys import neighbour_key


class Neighbours:
    """The control side of the simulators; a real neighbour has none."""

    def __init__(self, settings: Settings, environment: Mapping[str, str] = os.environ) -> None:
        self._session = requests.Session()
        self._sides = {
            name: (url, neighbour_key(name, settings.home, environment))
            for name, url in (("tax", settings.tax_url), ("treasury", settings.treasury_url))
        }

    def advance(self, today: date) -> None:
        """Let every day up to ``today`` happen on both sides; repeating it changes nothing."""
        for name in self._sides:
            self._post(name, "advance", {"to": today.isoformat()})

    def reissue(self, side: str, day: date) -> None:
        """Ask a side (tax, treasury) to issue its statement of a day anew; repeating it changes nothing."""
        self._post(side, "reissue", {"day": day.isoformat()})

    def reverse(self, voucher_no: str, line: int) -> None:
        """Ask tax to reverse a line of a voucher; one that is reversed already stays so."""
        try:
            self._post("tax", "reverse", {"voucher_no": voucher_no, "line": line})
        except requests.HTTPError as error:
            if error.response.status_code != requests.codes.not_found:
                raise

    def books(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The figures of both sides' own books: tax, treasury."""
        found: list[dict[str, Any]] = []
        for url, key in self._sides.values():
            headers = {"Authorization": f"Bearer {key}"}
            reply = self._session.get(f"{url}/simulator/book", headers=headers, timeout=60)
            reply.raise_for_status()
            found.append(reply.json())
        return found[0], found[1]

    def _post(self, name: str, what: str, body: dict[str, Any]) -> None:
        url, key = self._sides[name]
        for attempt in Retrying(
            retry=retry_if_exception(_may_pass),
            stop=stop_after_delay(30),
            wait=wait_fixed(0.2),
            reraise=True,
        ):
            with attempt:
                headers = {"Authorization": f"Bearer {key}"}
                reply = self._session.post(f"{url}/simulator/{what}", json=body, headers=headers, timeout=60)
                reply.raise_for_status()


def _may_pass(error: BaseException) -> bool:
    """Whether a call may succeed when it is made once more; one that was understood and refused does not."""
    refused = isinstance(error, requests.HTTPError) and error.response.status_code < 500
    return isinstance(error, requests.RequestException) and not refused
