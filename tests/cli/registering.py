"""What the tests of `wacb number add` and `confirm` share: a number, and answers that go lost."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.cli.conftest import Answer, ask
from tests.conftest import LIVE
from tests.fake_api import Reply, answer, emulated, refusal
from wacb.sandbox.account import OTP, WABA_ID
from wacb.sandbox.emulator import Sandbox

NEW, ID = "+15550100044", "wn-15550100044"  # the ID as the emulator makes it
ADD = ("number", "add", NEW, "--name", "Shop", "--country-code", "1")
CONFIRM = ("number", "confirm", NEW, "--otp", OTP)
V1 = ("--waba-id", "")
V1_REFUSAL = "a number can only be registered with a WABA ID: the V1 API has no such route"
V1_HINT = (
    "pass --waba-id ID (the console shows it next to the number) or run `wacb config set "
    "waba_id ID`"
)

# what may happen to the answer of a POST, and how the failure begins then
LOST: Mapping[str, tuple[Reply | Exception, str]] = {
    "500": (
        refusal(500, "oops"),
        f"registering number {NEW} failed: the API is unavailable (500: oops)",
    ),
    "503": (refusal(503), f"registering number {NEW} failed: the API is unavailable (503)"),
    "reset": (ConnectionResetError(), "api.ap.kaleyra.io closed the connection"),
    "html": (
        Reply(body=b"<html>"),
        f"registering number {NEW} failed: api.ap.kaleyra.io returned 200, but not JSON",
    ),
}
NO_ID = (answer({}), f"registering number {NEW} failed: the response has no ID")


class Lossy:
    """The emulator, but POSTs are answered by `instead`, after they took effect if `committed`.

    `before_post` is called first, `listings` answer the first listings after one.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        instead: Reply | Exception | None = None,
        *,
        committed: bool = False,
        before_post: Callable[[], object] = lambda: None,
        listings: tuple[Reply | Exception, ...] = (),
    ) -> None:
        self.api = emulated(sandbox)
        self.instead = instead
        self.committed = committed
        self.before_post = before_post
        self.listings = iter(listings)
        self.posts = 0

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        turn: Reply | Exception | None = None
        if method == "POST":
            self.posts += 1
            self.before_post()
            turn = self.instead
            if turn is not None and self.committed:
                self.api(method, url, headers, body)
        elif self.posts and url.endswith("/number"):
            turn = next(self.listings, None)
        if isinstance(turn, Exception):
            raise turn
        if turn is not None:
            return turn.status, list(turn.headers.items()), turn.chunks()
        return self.api(method, url, headers, body)


def remembered(home: Path) -> Any:
    """What the state folder holds of the registrations of the sandbox's account."""
    text = (home / ".local" / "state" / "wacb" / "registrations.json").read_text()
    return json.loads(text).get(f"api.ap.kaleyra.io/{LIVE['WACB_SID']}/{WABA_ID}", {})


def listed(sandbox: Sandbox, number: str = NEW) -> dict[str, Any] | None:
    """What the emulator shows of a number."""
    rows = ask(sandbox, "GET", f"/v2/SID/whatsapp/{WABA_ID}/number")
    return next((row for row in rows if row["phone_number"] == number), None)
