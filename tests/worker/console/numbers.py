"""Reading the console as somebody who adds up: each number, and the list that it leads to."""

from __future__ import annotations

import csv
import io
import re
from urllib.parse import urlsplit

from tests.worker.console.site import Browser

SUMS = ("/figures/", "/keys/values/")
"""Pages of which a column of whole numbers is added up, instead of rows counted."""
PAGES = (
    "/", "/figures/towns", "/figures/money", "/figures/sources", "/funds", "/funds/owed", "/funds/departments",
    "/failures", "/queue", "/workers",
)  # fmt: skip
"""Pages of sums: here every number leads to what it is made of."""
_NUMBER = r"(-?\d[\d,]*(?:\.\d\d)?)"
_LINKED = re.compile(rf'<a href="([^"]+)"[^>]*>(?:<strong>)?{_NUMBER}</(?:a|strong)>')
_BARE = re.compile(rf'<td class="number">\s*{_NUMBER}\s*</td>')


def bare_numbers(browser: Browser, path: str) -> list[str]:
    """Numbers in the tables of a page that lead nowhere, but for nothing at all."""
    assert browser.get(path).status_code == 200, path
    return [one for one in _BARE.findall(browser.page) if float(one.replace(",", ""))]


def unlike(browser: Browser, path: str) -> tuple[int, list[str]]:
    """How many numbers of a page lead to a list, and a sentence for each that is not as many rows, or not their sum.

    What leads to another page of sums is the sum of one of its columns. A statement of claim is a page of its own.
    """
    browser.get(path)
    found, wrong = _LINKED.findall(browser.page), []
    lists = [(link.partition("#")[0], said) for link, said in found]
    lists = [(link, said) for link, said in lists if not re.match(r"/(funds|jobs|handoffs|refunds)/[\w-]*\d", link)]
    for link, said in lists:
        told = _told(browser, link)
        number = said.replace(",", "")
        if number not in told and not ("." in number and link.startswith("/enrolments")):  # a rate
            wrong.append(f"{path}: {said} leads to {link}, which has {sorted(told)}")
    return len(lists), wrong


def _told(browser: Browser, link: str) -> set[str]:
    """What a list comes to: its rows, and the sums of its columns of numbers."""
    reply = browser.get(f"{link}{'&' if urlsplit(link).query else '?'}format=csv")
    assert reply.status_code == 200, f"{link}: {reply.status_code}"
    head, *rows = csv.reader(io.StringIO(reply.content.decode("utf-8-sig")))
    told = set() if link.startswith(SUMS) else {str(len(rows))}
    for at in range(len(head)):
        cells = [row[at].replace(",", "") for row in rows if row[at]]
        if cells and all(re.fullmatch(r"-?\d+(\.\d\d)?", one) for one in cells):
            hundredths = sum(round(float(one) * 100) for one in cells)
            whole, part = divmod(abs(hundredths), 100)
            money = any("." in one for one in cells)
            if money or link.startswith(SUMS):
                told.add(f"{'-' if hundredths < 0 else ''}{whole}{f'.{part:02d}' if money else ''}")
    return told
