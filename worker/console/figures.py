"""Figures of the season: those that are kept are shown at once, new ones are read beside the pages."""

from __future__ import annotations

import threading

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from worker.house import House
from worker.report.summary import Summary, kept, renew

_log = structlog.get_logger("console")


class Figures:
    """Everybody is shown the same figures; who finds them old, or none, starts a reading and waits for nothing.

    So nothing is read while nobody looks, and no page takes longer the more people there are.
    """

    def __init__(self, house: House) -> None:
        self._house = house
        self._reading = threading.Lock()

    def now(self, connection: Connection) -> Summary | None:
        """The newest figures there are; None while they are read for the first time."""
        settings = self._house.settings
        found = kept(connection, settings.area, settings.insured_year)
        if (found is None or found.old) and self._reading.acquire(blocking=False):
            threading.Thread(target=self._renew, name="figures", daemon=True).start()
        return found

    def _renew(self) -> None:
        try:
            renew(self._house.engine, self._house.settings)
        except SQLAlchemyError as error:  # the former ones are shown, with their time
            _log.warning("console.no_figures", reason=type(error).__name__)
        finally:
            self._reading.release()
