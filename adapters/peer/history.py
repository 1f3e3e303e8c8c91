"""A case between two areas as both hold it: its steps, each sealed by who took it and chained to the one before.

A step holds no personal data: who the case is about travels beside the steps.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import orjson

from adapters.peer.keyring import Key

Kind = Literal["wrong_area", "assistance_claim"]
Prover = Callable[[str, str, bytes, bytes], bool]
"""Whether an area sealed these bytes with that key: ``Keyring.proves``."""


class Case(NamedTuple):
    """What a case is and between whom: its id, its kind, the area that opened it and the one it turned to."""

    id: str
    kind: Kind
    origin: str
    intended: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its number from 1, what was done, by which area, on which business day, with what facts.

    ``next_by`` is the last day for the step after it, null once the case is closed. ``before`` is the hash of the step
    before it, ``hash`` its own, ``seal`` the signature over the hash with the author's key ``key``.
    """

    number: int
    what: str
    by: str
    day: str
    next_by: str | None
    facts: Mapping[str, Any]
    before: str
    hash: str
    key: str
    seal: str

    def wire(self) -> dict[str, Any]:
        """The step as it stands on the wire."""
        return {name: getattr(self, name) for name in Step.__slots__}


class Head(NamedTuple):
    """How far a history goes: the number of its last step, and that step's hash."""

    number: int
    hash: str


NOTHING = Head(0, "")


@dataclass(frozen=True, slots=True)
class History:
    """A whole case: whom it is about (``cert_type``, ``cert_no``, ``name``), and all of its steps."""

    case: Case
    person: Mapping[str, str]
    steps: tuple[Step, ...]

    @property
    def head(self) -> Head:
        """How far it goes."""
        return Head(self.steps[-1].number, self.steps[-1].hash) if self.steps else NOTHING

    def wire(self) -> dict[str, Any]:
        """The history as it stands on the wire."""
        return {
            "case": self.case.id,
            "kind": self.case.kind,
            "origin": self.case.origin,
            "intended": self.case.intended,
            "person": dict(self.person),
            "steps": [step.wire() for step in self.steps],
        }


def history_of(content: Mapping[str, Any]) -> History:
    """A history from a document that fits the wire's schema."""
    case = Case(content["case"], content["kind"], content["origin"], content["intended"])
    return History(case, content["person"], tuple(Step(**step) for step in content["steps"]))


def seal(
    case: Case, before: Head, what: str, by: str, day: str, next_by: str | None, facts: Mapping[str, Any], key: Key
) -> Step:
    """The step after ``before``, hashed and sealed."""
    digest = _digest(case, before.number + 1, what, by, day, next_by, facts, before.hash)
    mark = base64.b64encode(key.sign(_sealed(digest))).decode()
    return Step(before.number + 1, what, by, day, next_by, facts, before.hash, digest, key.id, mark)


def flaw(case: Case, steps: Sequence[Step], proves: Prover, after: Head = NOTHING) -> str | None:
    """What is wrong with a chain of steps, as a sentence; None when each follows the one before and is sealed."""
    for step in steps:
        digest = _digest(case, step.number, step.what, step.by, step.day, step.next_by, step.facts, step.before)
        if (step.number, step.before) != (after.number + 1, after.hash):
            return f"step {step.number} does not follow step {after.number}"
        if step.hash != digest or step.by not in (case.origin, case.intended):
            return f"step {step.number} is not what its hash says"
        if not _sealed_by(step, proves):
            return f"step {step.number} is not sealed by {step.by}"
        after = Head(step.number, step.hash)
    return None


def _sealed_by(step: Step, proves: Prover) -> bool:
    try:
        mark = base64.b64decode(step.seal, validate=True)
    except binascii.Error:
        return False
    return proves(step.by, step.key, _sealed(step.hash), mark)


def _sealed(digest: str) -> bytes:
    return b"levybridge step " + digest.encode()


def _digest(
    case: Case, number: int, what: str, by: str, day: str, next_by: str | None, facts: Mapping[str, Any], before: str
) -> str:
    said = [*case, number, what, by, day, next_by, dict(facts), before]
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()
