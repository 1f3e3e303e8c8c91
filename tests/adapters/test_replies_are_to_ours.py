"""A reply to a batch is believed only when it answers our bytes, row by row."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from adapters.http import ForeignPayload, InvalidReply
from adapters.replies import in_order_sent

BODY = json.dumps({"rows": [{"reference": "a"}, {"reference": "b"}]}).encode()
ROWS = [{"reference": "b", "is": 2}, {"reference": "a", "is": 1}]


def reply(**changed: Any) -> bytes:
    return json.dumps({"batch": "k", "sha256": hashlib.sha256(BODY).hexdigest(), "rows": ROWS} | changed).encode()


def test_rows_in_any_order_are_read_in_ours() -> None:
    assert [row["is"] for row in in_order_sent("k", BODY, reply(), "rows")] == [1, 2]


def test_a_reply_to_other_bytes_under_our_key_is_not_ours() -> None:
    with pytest.raises(ForeignPayload):
        in_order_sent("k", BODY, reply(sha256=hashlib.sha256(b"other").hexdigest()), "rows")


@pytest.mark.parametrize(
    "changed",
    [
        {"batch": "other"},
        {"rows": ROWS[:1]},
        {"rows": [ROWS[0], ROWS[0]]},
        {"rows": [ROWS[0], {"reference": "foreign"}]},
        {"rows": "none"},
    ],
    ids=str,
)
def test_a_reply_that_answers_other_rows_is_not_believed(changed: dict[str, Any]) -> None:
    with pytest.raises(InvalidReply):
        in_order_sent("k", BODY, reply(**changed), "rows")
