"""The wire of the inbound API, as it is written down."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from adapters.contract import Contract

DOCUMENT = Path(__file__).with_name("openapi.yaml")


@cache
def contract() -> Contract:
    """The document, put to work."""
    return Contract(DOCUMENT)
