"""One request, as a page sees it: who asks, what was filled in, in which language, and how an answer is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from worker.console.answers import Answers
from worker.console.beside import Beside
from worker.console.figures import Figures
from worker.console.menu import menu_of
from worker.console.sheets import Sheets
from worker.console.words import LANGUAGES, Words, words_of
from worker.house import House
from worker.operators.accounts import Operator
from worker.operators.entering import Entrance
from worker.operators.sessions import form_token

SESSION = "levy_session"
LANGUAGE = "levy_language"


class Wrong(Exception):
    """What was asked for cannot be: a status, and a sentence for the person."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass(frozen=True)
class Place:
    """What all requests share: the house, where people log in, whether browsers come by TLS, and what is kept here."""

    house: House
    entrance: Entrance
    secure: bool
    figures: Figures
    beside: Beside
    sheets: Sheets = field(default_factory=Sheets)
    answers: Answers = field(default_factory=Answers)


@dataclass
class Visit:
    """A request. ``who`` is null only on the page of the login; ``token`` is then that of the form alone."""

    place: Place
    request: Request
    form: Mapping[str, Sequence[str]]
    token: str
    who: Operator | None
    files: Mapping[str, tuple[str, bytes]] = field(default_factory=dict)
    """Files that were sent along, by field: their names as the browser says, and their bytes."""

    @property
    def house(self) -> House:
        """The house."""
        return self.place.house

    @property
    def operator(self) -> Operator:
        """Who is logged in."""
        assert self.who is not None, "only pages behind the login ask"
        return self.who

    @property
    def address(self) -> str:
        """Where the request comes from."""
        return self.request.client.host if self.request.client else ""

    @property
    def language(self) -> str:
        """As chosen just now, else before; Chinese first."""
        chosen = self.request.query_params.get("lang") or self.cookie(LANGUAGE)
        return chosen if chosen in LANGUAGES else LANGUAGES[0]

    @property
    def words(self) -> Words:
        """The words of the language."""
        return words_of(self.language)

    def asked(self, name: str) -> str | None:
        """A value of the address, None where it is empty."""
        return (self.request.query_params.get(name) or "").strip() or None

    def given(self, name: str) -> str:
        """A field that was filled in; empty where it was not."""
        return (self.form.get(name) or [""])[0].strip()

    @property
    def came_from(self) -> str | None:
        """The page of ours that a form stood on, with its filters; None for a page that was only looked at."""
        page = urlsplit(self.request.headers.get("referer", ""))
        ours = page.netloc == self.request.headers.get("host") and page.path.startswith("/")
        ours = ours and not page.path.startswith("//")  # a browser would take what follows for another host
        return urlunsplit(("", "", page.path, page.query, "")) if ours and self.request.method == "POST" else None

    def number(self, name: str) -> int:
        """The number in the path. Raises ``Wrong`` for one that no row can have."""
        value = int(self.request.path_params[name])
        if value >= 2**63:
            raise Wrong(404, self.words("no_such_page"))
        return value

    def show(self, page: str, status: int = 200, **values: Any) -> Response:
        """A page from its template."""
        query = [(name, value) for name, value in self.request.query_params.multi_items() if name != "lang"]
        values = {"again": None} | values
        values |= {
            "t": self.words,
            "who": self.who,
            "menu": menu_of(self.who),
            "form_token": form_token(self.token),
            "path": self.request.url.path,
            "languages": [
                (language, f"?{urlencode([*query, ('lang', language)])}", words_of(language)("language"))
                for language in LANGUAGES
            ],
            "area": self.house.law.area,
            "year": self.house.law.insured_year,
        }
        content = self.words.template(page).render(values)
        return self._keeping_language(HTMLResponse(content, status))

    def go(self, path: str, **query: Any) -> Response:
        """Send the browser on after a form, so that going back or reloading repeats nothing."""
        return RedirectResponse(path + (f"?{urlencode(query, doseq=True)}" if query else ""), 303)

    def cookie(self, name: str) -> str:
        """A cookie of ours; empty where the browser brought none."""
        return self.request.cookies.get(self._named(name), "")

    def keep(self, response: Response, name: str, value: str) -> Response:
        """Give the browser a cookie that no script reads and no other site sends; it goes when the browser does."""
        response.set_cookie(self._named(name), value, secure=self.place.secure, httponly=True, samesite="strict")
        return response

    def drop(self, response: Response, name: str) -> Response:
        """Take a cookie back."""
        response.delete_cookie(self._named(name), secure=self.place.secure, httponly=True, samesite="strict")
        return response

    def _named(self, name: str) -> str:
        """By TLS under a name that only this very host can set."""
        return f"__Host-{name}" if self.place.secure else name

    def _keeping_language(self, response: Response) -> Response:
        return self.keep(response, LANGUAGE, self.language) if self.request.query_params.get("lang") else response
