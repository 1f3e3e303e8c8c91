"""From a line of JSON to an answer: the policy engine's public face, as CONTRACT of ``levy decide`` has it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson
from pydantic import ValidationError

from policies.assess import assess
from policies.duplicate import DuplicateQuestion, decide_duplicate
from policies.load import UnknownNotice, load_notice
from policies.local import LocalParameters, load_local
from policies.notice import Notice
from policies.question import Asked, AssessQuestion
from policies.refund import RefundQuestion, decide_refund
from policies.revocation import RevocationQuestion, decide_revocation
from policies.rulefile import PolicyError, RuleFileError, sentence, worst

_LINE_LIMIT: Final = 1024 * 1024
_KINDS: Final[dict[str, type[Asked]]] = {
    "assess": AssessQuestion,
    "revocation": RevocationQuestion,
    "refund": RefundQuestion,
    "duplicate": DuplicateQuestion,
}


class NotAQuestion(PolicyError):
    """A line is no valid question: which field, and why, in a sentence."""

    def __init__(self, field: str | None, message: str) -> None:
        self.field, self.message = field, message
        super().__init__(message)


@dataclass(slots=True)
class Desk:
    """Answers lines one after another; keeps the local files it has read. Relative paths are looked up in ``home``."""

    home: Path
    _locals: dict[tuple[str, str], LocalParameters] = field(default_factory=dict)

    def answer(self, line: bytes, number: int) -> tuple[dict[str, Any], bool]:
        """The answer to line ``number`` (from 1), and whether the line was a valid question."""
        try:
            return self._answered(*self.asked(line)), True
        except NotAQuestion as refusal:
            return {"error": {"line": number, "field": refusal.field, "message": refusal.message}}, False

    def asked(self, line: bytes) -> tuple[Asked, Notice, LocalParameters | None]:
        """The question of a line with the notice and the parameters it is decided by. Raises ``NotAQuestion``."""
        question = _question(line)
        notice = _notice(question)
        return question, notice, self._local(question, notice)

    def _answered(self, question: Asked, notice: Notice, local: LocalParameters | None) -> dict[str, Any]:
        if isinstance(question, AssessQuestion):
            return assess(notice, local, question).answer(question.case)
        if isinstance(question, RevocationQuestion):
            return decide_revocation(notice, question).answer(question.case)
        if isinstance(question, RefundQuestion):
            return decide_refund(notice, question).answer(question.case)
        if isinstance(question, DuplicateQuestion):
            return decide_duplicate(notice, question).answer(question.case)
        raise TypeError(f"no desk answers a {type(question).__name__}")

    def _local(self, question: Asked, notice: Notice) -> LocalParameters | None:
        if question.local is None:
            return None
        key = (question.local, notice.notice)
        if key not in self._locals:
            try:
                self._locals[key] = load_local(self.home / question.local, notice)
            except RuleFileError as error:
                raise NotAQuestion("local", str(error)) from None
            except (OSError, ValueError) as error:
                raise NotAQuestion("local", f"{question.local!r} is no usable path: {error}") from None
        local, area = self._locals[key], getattr(question, "pooling_area", None)
        if area is not None and area not in local.areas:
            raise NotAQuestion(
                "local", f"{question.local} completes the notice for {', '.join(local.areas)}, not {area}"
            )
        return local


def _notice(question: Asked) -> Notice:
    try:
        return load_notice(question.notice)
    except UnknownNotice as error:
        raise NotAQuestion("notice", str(error)) from None


def _question(line: bytes) -> Asked:
    document = _parsed(line)
    kind = document.get("question")
    model = _KINDS.get(kind) if isinstance(kind, str) else None
    if model is None:
        raise NotAQuestion("question", f"`question` must be one of {', '.join(_KINDS)} (found {str(kind)[:40]!r})")
    try:
        return model.model_validate(document)
    except ValidationError as error:
        first = worst(error)
        name = ".".join(str(part) for part in first["loc"]) or None
        raise NotAQuestion(name, sentence(first)) from None


def _parsed(line: bytes) -> dict[str, Any]:
    """The line as a JSON object without repeated keys. Raises ``NotAQuestion``."""
    if len(line) > _LINE_LIMIT:
        raise NotAQuestion(None, "the line is longer than 1 MiB; a question is a few hundred bytes")
    if not line.strip():
        raise NotAQuestion(None, "the line is empty; write one JSON object a line")
    try:
        orjson.loads(line)
        document = json.loads(line.decode(), object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError) as error:
        raise NotAQuestion(None, f"the line is not a JSON object: {error}") from None
    if not isinstance(document, dict):
        raise NotAQuestion(None, "the line is JSON but no object; write one JSON object a line")
    return document


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for key, value in pairs:
        if key in document:
            raise NotAQuestion(key, f"the field {key[:80]!r} is written twice")
        document[key] = value
    return document
