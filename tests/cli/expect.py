"""What the tests of the command line expect to see."""

from __future__ import annotations

import json
from typing import Any

from tests.conftest import LIVE, Outcome, profile_id

ONE, TWO, THREE, NINE = (f"+1555010000{digit}" for digit in (1, 2, 3, 9))
HOOK = "https://example.com/hook"
CREATE = ("profile", "create", "--method", "post", "--url", HOOK)
TITLE = "wacb-incoming-example-com-hook"
LIVE_KEYS = f"keys/api.kaleyra.io/{LIVE['WACB_SID']}"

NAMES = [
    *("body", "mime_type", "media_url", "from", "name", "type", "created_at", "reply_to"),
    *("wanumber", "mobile", "custom_response", "message", "contacts", "location"),
]
STATUS_NAMES = [  # those of the outgoing status that aren't among the 14
    *("id", "timestamp", "status", "phone_number", "error", "error_code"),
    *("ref", "ref1", "ref2", "price"),
]
QUERY = (
    "body=<body>&mime_type=<mime_type>&media_url=<media_url>&from=<from>&name=<name>&type=<type>"
    "&created_at=<created_at>&reply_to=<reply_to>&wanumber=<wanumber>&mobile=<mobile>"
    "&custom_response=<custom_response>&message=<message>&contacts=<contacts>&location=<location>"
)
STATUS_QUERY = (
    "&id=<id>&timestamp=<timestamp>&status=<status>&phone_number=<phone_number>&error=<error>"
    "&error_code=<error_code>&ref=<ref>&ref1=<ref1>&ref2=<ref2>&price=<price>"
)
MEMBERS = {name: f"<{name}>" for name in NAMES}
BODY = "{" + ",".join(f'"{name}":"<{name}>"' for name in NAMES) + "}"


def done(out: str = "", err: str = "") -> Outcome:
    """A success with these lines on stdout and stderr."""
    return Outcome(code=0, out=out and out + "\n", err=err and err + "\n")


def failed(code: int, message: str, hint: str | None = None) -> Outcome:
    """A failure: nothing on stdout, a sentence and its remedy on stderr."""
    remedy = "" if hint is None else f"hint: {hint}\n"
    return Outcome(code=code, out="", err=f"error: {message}\n{remedy}")


def missing(option: str, variable: str = "") -> Outcome:
    """The failure of a command that can't ask for an option."""
    message = f"{option} is required when not running interactively"
    return failed(2, message, f"pass {option} or set {variable}" if variable else f"pass {option}")


def table(*cells: object) -> str:
    """One row as TSV."""
    return "\t".join(map(str, cells))


def row(number: int = 1, *, method: str = "POST", url: str = HOOK, title: str = TITLE) -> str:
    """A complete, active profile as TSV."""
    return table(profile_id(number), title, method, url, "active", "14/14")


def profile_json(**changes: Any) -> dict[str, Any]:
    """The JSON of the profile that CREATE makes, in the order it is printed."""
    return {
        "id": profile_id(1),
        "title": TITLE,
        "method": "POST",
        "url": HOOK,
        "body": MEMBERS,
        "headers": {},
        "status": "active",
        "channel": None,
        "events": [],
        "encryption": None,
        "response_message": None,
        "created_at": "2026-09-21T14:13:20.000Z",
        "modified_at": None,
        "placeholders": {"present": 14, "missing": [], "unknown": []},
        **changes,
    }


def undo(number: str = ONE) -> str:
    """The line on stderr that names the way back."""
    return f"to undo: wacb number rollback {number}"


def attachment_row(number: str, result: str, old: str, new: str, verified: str = "true") -> str:
    """An attachment as TSV, without an error."""
    return table(number, result, old, new, verified, "")


def as_json(value: object) -> str:
    """JSON as it is printed."""
    return json.dumps(value, indent=2, ensure_ascii=False)


NO_V1_FIELD = "note: the V1 API documents no field for a profile; it may reject or ignore it"


def find_way(number: str, profile: str, *, replace: bool = False) -> str:
    """The hint to find out how a profile is attached."""
    check = f"--number {number} --profile {profile}{' --replace' if replace else ''}"
    return (
        f"find out how this account attaches profiles with `wacb api check --write {check}`, or "
        "set contract.attach_field, contract.attach_path or contract.attach_method; `wacb number "
        f"attach {number} --incoming-url URL` is the documented way of the V1 API"
    )
