"""The words of the console in Chinese and English, and how values are written on a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from config.areas import load_areas
from config.yaml_text import read_yaml
from policies.money import Fen, yuan
from policies.vocabulary import name_en, name_zh
from worker.clock import SHANGHAI
from worker.console.facts import code_in_words, told
from worker.console.sentences import in_chinese
from worker.foreign_text import plain
from worker.privacy import mask_numbers

LANGUAGES = ("zh", "en")
FILES = Path(__file__).parent


class Words:
    """Looks words up in one language; a word that is missing is a fault, a value without a word is shown as it is."""

    def __init__(self, language: str) -> None:
        self.language = language
        place = LANGUAGES.index(language)
        self._words: dict[str, str] = {}
        self._values: dict[str, dict[str, str]] = {}
        for path in sorted(FILES.glob("words*.yaml")):
            source = read_yaml(path)
            self._words |= {name: _pair(name, pair)[place] for name, pair in source["words"].items()}
            for kind, values in source.get("values", {}).items():
                found = {name: _pair(name, pair)[place] for name, pair in values.items()}
                self._values.setdefault(kind, {}).update(found)
        self._pages = Environment(
            loader=FileSystemLoader(FILES / "templates"), autoescape=True, undefined=StrictUndefined,
            trim_blocks=True, lstrip_blocks=True,
        )  # fmt: skip
        self._pages.filters |= {
            "yuan": grouped,
            "at": at,
            "day": day,
            "plain": plain_text,
            "count": _count,
            "span": self.span,
            "said": self.said,
            "actor": self.actor,
            "half": self.half,
            "facts": self.facts,
        }

    def __call__(self, word: str, **parts: Any) -> str:
        """The word or sentence of this name."""
        return self._words[word].format(**parts) if parts else self._words[word]

    def value(self, kind: str, value: object) -> str:
        """A value such as a state or a cause in words, else as it stands."""
        return "" if value is None else self._values[kind].get(str(value), plain_text(value))

    def known(self, kind: str, value: str) -> str | None:
        """A value in words, None where it has none."""
        return self._values[kind].get(value)

    def said(self, sentence: object) -> str:
        """A sentence or a code of the service's own in this language; what comes from elsewhere as it stands."""
        text = plain_text(sentence)
        chinese = in_chinese(text, self._code) if self.language == "zh" else None
        return chinese or self._code(text)

    def _code(self, text: str) -> str:
        return code_in_words(text, self)

    def half(self, both: object) -> str:
        """Of a sentence of the law's engine, ``clauses：Chinese / English``, the half in this language."""
        chinese, _, english = plain_text(both).partition(" / ")
        clauses, colon, _ = chinese.partition("：")
        return chinese if self.language == "zh" or not english else f"{clauses if colon else ''}{colon}{english}"

    def facts(self, facts: Mapping[str, Any]) -> str:
        """The facts of an event, each with its name."""
        return plain_text(told(facts, self))

    def law(self, name: str) -> str:
        """A funding source or category by its name in the policies' vocabulary."""
        return name_zh(name) if self.language == "zh" else name_en(name)

    def actor(self, actor: object) -> str:
        """Who acted: a person by their login, the service by the kind of work, others as they stand."""
        capacity, _, name = plain_text(actor).partition(":")
        if capacity in ("operator", "clerk") and name:
            return name
        return (
            f"{self('the_service')} · {self.value('kind', name)}" if capacity == "worker" and name else self.said(actor)
        )

    def meant(self, kind: str, given: str) -> list[str]:
        """Values of a kind whose name or word has this in it, small or large, and what was given itself."""
        sought = given.casefold()
        return [given, *(one for one, word in self._values[kind].items() if sought in f"{one} {word}".casefold())]

    def place(self, code: object) -> str:
        """An area or a town: its name and code."""
        return "" if code is None else f"{_places().get(str(code), '')} {plain_text(code)}".strip()

    def span(self, seconds: float) -> str:
        """How long something takes, in its largest unit."""
        for unit, length in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
            if seconds >= 2 * length:
                return self(unit, n=round(seconds / length))
        return self("seconds", n=round(max(seconds, 0)))

    def names(self, kind: str) -> Sequence[str]:
        """All values of a kind that have a word."""
        return list(self._values[kind])

    def template(self, page: str) -> Template:
        """The template of a page."""
        return self._pages.get_template(f"{page}.html")


def _pair(name: str, texts: Sequence[str]) -> Sequence[str]:
    """Both texts. Raises ``ValueError`` where a comma without quotes has made more of them."""
    if len(texts) != len(LANGUAGES):
        raise ValueError(f"{name} has {len(texts)} texts, not {len(LANGUAGES)}: put those with a comma in quotes")
    return texts


@cache
def _places() -> dict[str, str]:
    areas = load_areas()
    towns = {town.code: town.name for area in areas.values() for town in area.towns}
    return {code: area.name for code, area in areas.items()} | towns


@cache
def words_of(language: str) -> Words:
    """The words of a language."""
    return Words(language)


def grouped(amount: Fen) -> str:
    """An amount in yuan for a page: two decimals, thousands set apart."""
    whole, _, rest = yuan(amount).partition(".")
    return f"{int(whole):,}.{rest}" if abs(amount) >= 100_000 else f"{whole}.{rest}"


def at(moment: datetime | None) -> str:
    """A moment in Shanghai, to the second."""
    return "" if moment is None else f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"


def day(value: date | None) -> str:
    """A day."""
    return "" if value is None else value.isoformat()


def plain_text(value: object) -> str:
    """Foreign text as it stands, with what could be a person's number masked."""
    return "" if value is None else mask_numbers(plain(str(value)))


def _count(number: int) -> str:
    return f"{number:,}"
