"""What the tests of `wacb profile check` share: profiles with something wrong, and what is said."""

from __future__ import annotations

from tests.cli.conftest import ask
from tests.cli.expect import BODY, HOOK, QUERY, table
from tests.conftest import Outcome, profile_id
from wacb.sandbox.emulator import Sandbox

CHECK = ("profile", "check")
ONE, TWO, THREE, FOUR = map(profile_id, (1, 2, 3, 4))
LOST_URL = f"{HOOK}?{QUERY.replace('&contacts=<contacts>', '')}&team=7%2F8"


def make(sandbox: Sandbox, title: str, **given: str) -> None:
    """Create a profile behind the program's back: a GET without a template, but for what is given.

    With a body it is a POST.
    """
    method = "POST" if "body" in given else "GET"
    row = {"title": title, "url": HOOK, "http_method": method, **given}
    ask(sandbox, "POST", "/v1/SID/callback/profiles", row)


def make_faulty(sandbox: Sandbox) -> None:
    """Create three profiles with something wrong and one without."""
    encoded = QUERY.replace("<from>", "%3Cfrom%3E").replace("<body>", "&lt;body&gt;")
    make(sandbox, "Encoded", url=f"{HOOK}?{encoded}&id=%3Cid%3E&q=%3Cqqq%3E")
    make(sandbox, "Misspelt", body=BODY.replace("<media_url>", "<mediaurl>"))
    make(sandbox, "Lost", url=LOST_URL)
    make(sandbox, "Fine", url=f"{HOOK}?{QUERY}")


def complete(number: int, title: str) -> str:
    """The row of a profile that is in order."""
    return table(profile_id(number), title, "true", 14, "", "")


ROWS = (
    table(ONE, "Encoded", "false", 12, "body,from,id", "qqq"),
    table(TWO, "Misspelt", "false", 13, "media_url", "mediaurl"),
    table(THREE, "Lost", "false", 13, "contacts", ""),
    complete(4, "Fine"),
)
LOST = "is encoded, so Kaleyra never fills it"
FAULTS = (
    f"note: profile 'Encoded' ({ONE}): "
    f"&lt;body&gt; in query parameter 1 ('body') {LOST} (did you mean <body>?); "
    f"%3Cfrom%3E in query parameter 4 ('from') {LOST} (did you mean <from>?); "
    f"%3Cid%3E in query parameter 15 ('id') {LOST} (did you mean <id>?); "
    f"%3Cqqq%3E in query parameter 16 ('q') {LOST}\n",
    f"note: profile 'Misspelt' ({TWO}): <mediaurl> in member 'media_url' is not a Kaleyra "
    "placeholder (did you mean <media_url>?)\n",
    f"note: profile 'Lost' ({THREE}): missing: <contacts>\n",
)


def report(code: int, rows: tuple[str, ...], err: str) -> Outcome:
    """A report on stdout, and what is said beside it."""
    return Outcome(code=code, out="\n".join(rows) + "\n", err=err)
