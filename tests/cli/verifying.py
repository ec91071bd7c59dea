"""What the tests of `wacb verify` share: reports as they are printed."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tests.cli.expect import ONE, table
from tests.conftest import Outcome, profile_id
from wacb.sandbox.account import SID

VERIFY = ("verify", ONE)
FIRST, SECOND = profile_id(1), profile_id(2)
SERVER = f"SID {SID}, api.kaleyra.io"
NO_PROFILE = "not checked: no profile found"
NO_SEND = "not checked: add --send to deliver a sample callback"
CONSOLE = "enable it in the Kaleyra console; the API can't enable profiles"
ELSEWHERE = (
    f"make sure the endpoint is reachable, or change the URL: wacb profile update {FIRST} --url URL"
)
LINKS = ("config", "credentials", "number", "profile", "template", "endpoint", "delivery")


def line(link: str, word: str, detail: str, fix: str = "") -> str:
    """One link as TSV, its time left out."""
    return table(link, word, "" if detail.startswith("not checked") else "MS", detail, fix)


def good(url: str = "", **changes: str) -> dict[str, str]:
    """The lines of a chain without a failed check, but for the `changes`."""
    host = url.partition("://")[2].partition("/")[0]
    return {
        "config": line("config", "ok", SERVER),
        "credentials": line("credentials", "ok", "credentials verified"),
        "number": line("number", "ok", f"approved, {FIRST}"),
        "profile": line("profile", "ok", f"'Hook' ({FIRST}), active"),
        "template": line("template", "ok", "14 of 14 placeholders"),
        "endpoint": line("endpoint", "ok", f"{host} answers (200 to a HEAD)"),
        "delivery": line("delivery", "skipped", NO_SEND, f"wacb verify {ONE} --send"),
        **changes,
    }


def skipped(*names: str, why: str = NO_PROFILE) -> dict[str, str]:
    """The lines of links that could not be checked."""
    return {name: line(name, "skipped", why) for name in names}


def without_times(outcome: Outcome) -> Outcome:
    """Put MS in the place of a report's milliseconds."""
    out = re.sub(r"(?m)^(\w+\t\w+\t)\d+\t", r"\1MS\t", outcome.out)
    out = re.sub(r'"ms": \d+', '"ms": "MS"', out)
    return Outcome(code=outcome.code, out=out, err=outcome.err)


def passed(links: Mapping[str, str]) -> Outcome:
    """A report without a failed check."""
    return Outcome(code=0, out="".join(f"{text}\n" for text in links.values()), err="")


def failed(
    code: int, links: Mapping[str, str], *others: str, detail: str = "", fix: str = ""
) -> Outcome:
    """A report, the `others` that are broken, and the sentence of the first failed check."""
    out = "".join(f"{text}\n" for text in links.values())
    name = next(name for name, text in links.items() if text.split("\t")[1] == "broken")
    also = "".join(f"also broken: {other}\n" for other in others)
    return Outcome(code=code, out=out, err=f"{also}error: verify: {name}: {detail}\nhint: {fix}\n")


def check(
    outcome: Outcome, code: int, links: Mapping[str, str], detail: str, fix: str, *others: str
) -> None:
    """Compare a report whose first failed check has this `detail` and `fix`."""
    assert without_times(outcome) == failed(code, links, *others, detail=detail, fix=fix)


def not_started() -> dict[str, str]:
    """The lines of all links behind a broken config."""
    return skipped(*LINKS[1:], why="not checked: the config is not usable")
