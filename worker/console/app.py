"""The console as a web application: its pages, each with the act that it is, and what happens before a page answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from io import BytesIO
from itertools import chain
from typing import Any, NamedTuple
from urllib.parse import parse_qs

import structlog
from python_multipart import parse_form
from python_multipart.exceptions import FormParserError
from sqlalchemy.exc import DBAPIError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from worker.clock import Clock, NoSeason, SystemClock
from worker.console import (
    accounts,
    asking_back,
    audit,
    breaks,
    clawbacks,
    dues,
    duplicates,
    entrance,
    funds,
    handoffs,
    held,
    opening,
    overview,
    people,
    policies,
    quarantine,
    reconciliation,
    refunds,
    rounds,
    schedule,
    season_tables,
    stopped,
    trail,
    unknown,
    whatif,
)
from worker.console.figures import Figures
from worker.console.guard import STATIC, UPLOADS, Guard, largest
from worker.console.visit import SESSION, Place, Visit, Wrong
from worker.console.words import FILES
from worker.house import House
from worker.jobs.intervene import NotPossible
from worker.operators.accounts import AccountRefused
from worker.operators.entering import Entrance, lifetime
from worker.operators.rights import RIGHTS
from worker.operators.sessions import is_form_token
from worker.operators.waits import Waits

_log = structlog.get_logger("console")
_FIELDS = 1000
_OWN_ACCOUNT = "password.change"


class Page(NamedTuple):
    """A page: where, by which method, the act that it is (null: the login, for everybody), and who answers."""

    path: str
    method: str
    act: str | None
    answer: Callable[[Visit], Response]


PAGES = (
    Page("/login", "GET", None, entrance.show_login),
    Page("/login", "POST", None, entrance.log_in),
    Page("/logout", "POST", _OWN_ACCOUNT, entrance.log_out),
    Page("/password", "GET", _OWN_ACCOUNT, entrance.show_password),
    Page("/password", "POST", _OWN_ACCOUNT, entrance.change_password),
    Page("/", "GET", "overview.see", overview.show),
    Page("/figures/towns", "GET", "overview.see", season_tables.page_of(season_tables.TOWNS)),
    Page("/figures/money", "GET", "overview.see", season_tables.page_of(season_tables.MONEY)),
    Page("/figures/sources", "GET", "overview.see", season_tables.page_of(season_tables.SOURCES)),
    Page("/people", "GET", "case.read", people.show_search),
    Page("/people", "POST", "case.read", people.search),
    Page("/people/{person:int}", "GET", "case.read", people.show),
    Page("/people/{person:int}/reveal", "POST", "case.read", people.reveal),
    Page("/dues", "GET", "dues.see", dues.show_dues),
    Page("/assistance", "GET", "dues.see", dues.show_assistance),
    Page("/batches", "GET", "dues.see", dues.show_batches),
    Page("/batches/{job:int}", "GET", "dues.see", dues.show_batch),
    Page("/acts", "GET", "acts.see", trail.show),
    Page("/failures", "GET", "jobs.see", stopped.show),
    Page("/failures/plan", "GET", "jobs.intervene", stopped.show_plan),
    Page("/failures/act", "POST", "jobs.intervene", stopped.act),
    Page("/jobs", "GET", "jobs.see", stopped.show_jobs),
    Page("/jobs/{job:int}", "GET", "jobs.see", stopped.show_job),
    Page("/unknown", "GET", "jobs.see", unknown.show),
    Page("/unknown/{job:int}/ask", "POST", "jobs.intervene", unknown.ask),
    Page("/quarantine", "GET", "quarantine.see", quarantine.show),
    Page("/quarantine/sheet", "POST", "quarantine.mend", quarantine.download),
    Page("/quarantine/upload", "POST", "quarantine.mend", quarantine.upload),
    Page("/quarantine/dismiss", "POST", "quarantine.mend", quarantine.lay_aside),
    Page("/schedule", "GET", "jobs.see", schedule.page_of(schedule.TICKS)),
    Page("/schedule/round", "GET", "jobs.see", rounds.show),
    Page("/schedule/round", "POST", "jobs.intervene", rounds.begin),
    Page("/workers", "GET", "jobs.see", schedule.page_of(schedule.WORKERS)),
    Page("/queue", "GET", "jobs.see", schedule.page_of(schedule.QUEUE)),
    Page("/requests", "GET", "jobs.see", stopped.show_requests),
    Page("/requests/{number:int}", "GET", "jobs.see", stopped.show_request),
    Page("/requests/{number:int}/confirm", "POST", "jobs.intervene", stopped.confirm),
    Page("/requests/{number:int}/decline", "POST", "jobs.intervene", stopped.decline),
    Page("/refunds", "GET", "refund.see", refunds.show),
    Page("/refunds/{case:int}", "GET", "refund.see", refunds.show_case),
    Page("/duplicates", "GET", "refund.see", duplicates.show),
    Page("/duplicates/{duplicate:int}", "GET", "refund.see", duplicates.show_one),
    Page("/duplicates/{duplicate:int}/decide", "POST", "duplicate.decide", duplicates.decide),
    Page("/duplicates/{duplicate:int}/undo", "POST", "duplicate.decide", duplicates.undo),
    Page("/duplicates/{duplicate:int}/review", "POST", "duplicate.review", duplicates.review),
    Page("/held", "GET", "dues.see", held.show_first),
    Page("/held/{what}", "GET", "dues.see", held.show),
    Page("/clawbacks", "GET", "funds.see", clawbacks.show),
    Page("/clawbacks/{number:int}/repaid", "POST", "clawback.book", clawbacks.book),
    Page("/refunds/open", "POST", "refund.enter", asking_back.begin),
    Page("/refunds/{case:int}/release", "POST", "refund.enter", asking_back.let_go),
    Page("/refunds/plan", "GET", "refund.review", refunds.show_plan),
    Page("/refunds/review", "POST", "refund.review", refunds.answer),
    Page("/policies", "GET", "policy.see", policies.show),
    Page("/policies/compare", "GET", "policy.see", policies.compare),
    Page("/policies/whatif", "GET", "policy.try", whatif.show),
    Page("/policies/{notice}", "GET", "policy.see", policies.show_notice),
    Page("/reconciliation", "GET", "breaks.see", reconciliation.show),
    Page("/reconciliation/totals/{month}", "GET", "breaks.see", reconciliation.show_totals),
    Page("/reconciliation/{side}/{day}", "GET", "breaks.see", reconciliation.show_day),
    Page("/reconciliation/{side}/{day}/book", "GET", "breaks.see", reconciliation.show_book),
    Page("/reconciliation/{side}/{day}/again", "POST", "breaks.own", reconciliation.again),
    Page("/breaks", "GET", "breaks.see", breaks.show),
    Page("/breaks/{number:int}", "GET", "breaks.see", breaks.show_one),
    Page("/breaks/{number:int}/own", "POST", "breaks.own", breaks.take),
    Page("/breaks/{number:int}/explain", "POST", "breaks.own", breaks.keep_words),
    Page("/breaks/{number:int}/close", "POST", "breaks.own", breaks.close_one),
    Page("/breaks/{number:int}/give", "POST", "breaks.own", breaks.give),
    Page("/funds", "GET", "funds.see", funds.show),
    Page("/funds/draw", "POST", "funds.book", funds.draw_some),
    *(Page(home, "GET", "funds.see", funds.by_fund(home)) for home in funds.BY_FUND),
    Page("/funds/{statement}", "GET", "funds.see", funds.show_statement),
    Page("/funds/{statement}/sums", "GET", "funds.see", funds.show_sums),
    Page("/funds/{statement}/workbook", "GET", "funds.see", funds.take_workbook),
    Page("/funds/{statement}/settle", "POST", "funds.book", funds.settle_one),
    Page("/funds/{statement}/withdraw", "POST", "funds.book", funds.withdraw_one),
    Page("/handoffs", "GET", "handoff.see", opening.show),
    Page("/handoffs/open", "POST", "handoff.step", opening.begin),
    Page("/handoffs/{case_id}", "GET", "handoff.see", handoffs.show_case),
    Page("/handoffs/{case_id}/accept", "POST", "handoff.step", handoffs.accept),
    Page("/handoffs/{case_id}/refuse", "POST", "handoff.step", handoffs.refuse),
    Page("/handoffs/{case_id}/approve", "POST", "handoff.review", handoffs.approve),
    Page("/handoffs/{case_id}/reject", "POST", "handoff.review", handoffs.reject),
    Page("/handoffs/{case_id}/decide", "POST", "handoff.review", handoffs.decide),
    Page("/handoffs/{case_id}/withdraw", "POST", "handoff.review", handoffs.take_back),
    Page("/audit", "GET", "audit.see", audit.show),
    Page("/audit/chains", "GET", "audit.see", audit.show_chains),
    Page("/audit/verify", "POST", "audit.see", audit.verify_now),
    Page("/audit/{chain}/{position:int}", "GET", "audit.see", audit.show_event),
    Page("/operators", "GET", "operators.manage", accounts.show),
    Page("/operators", "POST", "operators.manage", accounts.add),
    Page("/operators/rights", "GET", "operators.manage", accounts.show_rights),
    Page("/operators/{login}/roles", "POST", "operators.manage", accounts.change_roles),
    Page("/operators/{login}/disable", "POST", "operators.manage", accounts.disable),
    Page("/operators/{login}/enable", "POST", "operators.manage", accounts.enable),
    Page("/operators/{login}/password", "POST", "operators.manage", accounts.give_password),
)
"""Every page there is: a test goes through all of them with every role."""


def application(house: House, clock: Clock | None = None) -> ASGIApp:
    """The console of this house. ``clock``: what sessions and waits are measured by, else the machine's."""
    settings = house.settings.console
    told = clock or SystemClock()
    lasting = lifetime(settings.idle_minutes, settings.hours)
    door = Entrance(house.engine, house.audit, told, Waits(house.keychain), lasting)
    place = Place(house, door, settings.address.startswith("https:"), Figures(house))
    routes = [Route(page.path, _endpoint(place, page), methods=[page.method]) for page in PAGES]
    routes = [Route(path, _to_its_page(path), methods=["GET"]) for path in _ONLY_SENT] + routes
    static = Mount(STATIC.rstrip("/"), StaticFiles(directory=FILES / "static"))
    return Guard(Starlette(routes=[Route("/health", _health), static, *routes]), settings.address)


_SHOWN = {page.path for page in PAGES if page.method == "GET"}
_ONLY_SENT = [page.path for page in PAGES if page.method == "POST" and page.path not in _SHOWN]


def _to_its_page(path: str) -> Callable[[Request], Awaitable[Response]]:
    """What an act answers has filters and a switch of language: looked at by its address, it leads to its page."""
    page = path
    while page not in _SHOWN:
        page = page.rpartition("/")[0] or "/"

    async def endpoint(request: Request) -> Response:
        here = "/".join(request.url.path.split("/")[: page.count("/") + 1]) if page != "/" else "/"
        return RedirectResponse(here + (f"?{request.url.query}" if request.url.query else ""), 303)

    return endpoint


async def _health(_: Request) -> Response:
    return JSONResponse({"status": "ok"})


def _endpoint(place: Place, page: Page) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > largest(page.path):
                return Response(f"a form has at most {largest(page.path)} bytes\n", 413)
        return await run_in_threadpool(_respond, place, page, request, bytes(body))

    return endpoint


def _respond(place: Place, page: Page, request: Request, body: bytes) -> Response:
    """Who asks, whether the form is one of theirs, whether they may; then the page itself."""
    visit = Visit(place, request, {}, "", None)
    try:
        visit.form, visit.files = _sent(request, page, body)
        _refuse_nul(request, visit.form)
        if page.act is None:
            return page.answer(visit)
        visit.token = visit.cookie(SESSION)
        with place.house.engine.begin() as connection:
            visit.who = place.entrance.lifetime.whose(connection, visit.token, place.entrance.clock.now())
        if visit.who is None:
            return entrance.to_login(visit)
        if page.method == "POST" and not is_form_token(visit.token, visit.given("form_token")):
            raise Wrong(403, visit.words("form_of_another"))
        if visit.who.must_change and page.act != _OWN_ACCOUNT:
            return visit.go("/password")
        if not visit.who.may(page.act):
            needed = ", ".join(visit.words.value("role", role) for role in RIGHTS[page.act].roles)
            raise Wrong(403, visit.words("not_your_role", roles=needed))
        return page.answer(visit)
    except Wrong as wrong:
        return _sorry(visit, wrong.status, str(wrong))
    except (NotPossible, AccountRefused) as refused:
        return _sorry(visit, 409, str(refused))
    except NoSeason as error:
        return _sorry(visit, 503, str(error))
    except DBAPIError as error:
        _log.warning("console.unavailable", page=page.path, reason=type(error).__name__)
        return _sorry(visit, 503, visit.words("database_away"))
    except Exception:
        _log.exception("console.failed", page=page.path)
        return _sorry(visit, 500, visit.words("our_fault"))


def _sorry(visit: Visit, status: int, sentence: str) -> Response:
    return visit.show("sorry", status, sentence=visit.words.said(sentence))


def _refuse_nul(request: Request, form: Mapping[str, Sequence[str]]) -> None:
    """No text that the database keeps has this sign in it."""
    told = [*request.query_params.values(), *map(str, request.path_params.values()), *chain(*form.values())]
    if any("\0" in one for one in told):
        raise Wrong(400, "this form cannot be read")


def _sent(
    request: Request, page: Page, body: bytes
) -> tuple[Mapping[str, Sequence[str]], dict[str, tuple[str, bytes]]]:
    """Fields, and files where the page takes any."""
    kind = request.headers.get("content-type", "")
    if page.path not in UPLOADS or not kind.startswith("multipart/form-data"):
        return _form(request, body), {}
    fields: dict[str, list[str]] = {}
    files: dict[str, tuple[str, bytes]] = {}

    def on_field(one: Any) -> None:
        fields.setdefault(one.field_name.decode(), []).append((one.value or b"").decode())

    def on_file(one: Any) -> None:
        one.file_object.seek(0)
        files[one.field_name.decode()] = ((one.file_name or b"").decode(errors="replace"), one.file_object.read())

    try:
        parse_form({"Content-Type": kind.encode()}, BytesIO(body), on_field, on_file)
    except (FormParserError, ValueError):
        raise Wrong(400, "this form cannot be read") from None
    return fields, files


def _form(request: Request, body: bytes) -> Mapping[str, Sequence[str]]:
    """The fields of a form; nothing but a form is taken."""
    if request.method != "POST":
        return {}
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        raise Wrong(415, "this is no form")
    try:
        return parse_qs(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=_FIELDS)
    except ValueError:  # also bytes that are no text
        raise Wrong(400, "this form cannot be read") from None
