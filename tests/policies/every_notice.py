"""The five official notices, and one of our own making with the kinds of rule that none of them uses."""

from datetime import date
from functools import cache
from pathlib import Path

from policies.load import NOTICES, available_notices, load_notice, read_notice
from policies.local import LocalParameters
from policies.notice import Notice

EXAMPLE = "example-2026"
EXAMPLE_FILE = Path(__file__).parent / "notices" / f"{EXAMPLE}.yaml"
EVERY = (*available_notices(), EXAMPLE)
POOLS = {
    "shiquan-2021": ("610922",),
    "jilin-2021": ("220106",),
    "changchun-2022": ("220106", "220182"),
    "hunan-2021": ("430124",),
    "jilin-2023": ("220106",),
    EXAMPLE: ("999901",),
}
"""Where people of a notice enrol in the tests."""


@cache
def notice_called(name: str) -> Notice:
    """An official notice or the example."""
    return read_notice(EXAMPLE_FILE) if name == EXAMPLE else load_notice(name)


def locals_of(notice: Notice) -> list[LocalParameters | None]:
    """No local parameters, and each choice the notice leaves open."""
    area = {"notice": notice.notice, "areas": list(POOLS[notice.notice])}
    bound = notice.local_parameters
    made: list[dict[str, object]] = []
    if bound.late_payers:
        made += [{"late_payers": choice} for choice in bound.late_payers.choices]
    if bound.long_term_care_pilot:
        made += [{"long_term_care_pilot": truth} for truth in (True, False)]
    if bound.assistance:
        amounts = dict.fromkeys(bound.assistance, "60%")
        made += [{"assistance": amounts, "flow": flow} for flow in ("net_levy", "gross_levy")]
        made.append({"full_funding_standard": 86000, "collection_extended_to": date(2021, 2, 28)})
    return [None, *(LocalParameters.model_validate({**area, **fields}) for fields in made)]


def broken(name: str, right: str, wrong: str, folder: Path) -> Notice:
    """A notice in which a clerk wrote something else, read from a file of its own."""
    source = EXAMPLE_FILE if name == EXAMPLE else NOTICES / f"{name}.yaml"
    text = source.read_text(encoding="utf-8")
    assert right in text, f"{name} no longer says {right}"
    path = folder / source.name
    path.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    return read_notice(path)
