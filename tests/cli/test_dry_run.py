"""`--dry-run`: the very request of the real run, ready to paste, and nothing else happens."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import pytest

from tests.cli.conftest import Answer, Watch, fields, put, writes
from tests.cli.expect import BODY, CREATE, HOOK, NO_V1_FIELD, ONE, TITLE, TWO, as_json, done, failed
from tests.conftest import Outcome, Wacb, profile_id
from tests.sandbox.shells import make_sandbox, serving
from wacb.sandbox.account import API_KEY, SID, WABA_ID
from wacb.sandbox.emulator import Sandbox
from wacb.sandbox.in_process import exchange

V1 = ("--waba-id", "")
AWKWARD = 'it\'s "$HOME" `id` \\ !x <a>&b; # {c} [d] ü'
CREATE_GET = (
    "profile",
    "create",
    "--method",
    "get",
    "--url",
    f"{HOOK}?a=1",
    "--allow-duplicate-title",
)
ATTACH = ("number", "attach", ONE, "--profile", profile_id(1))
INCOMING = ("number", "attach", ONE, "--incoming-url", HOOK)
WRITES: dict[str, tuple[str, ...]] = {
    "create POST": (*CREATE, "--allow-duplicate-title"),
    "create GET": CREATE_GET,
    "create with everything": (
        *(*CREATE, "--allow-duplicate-title"),
        *("--response-message", AWKWARD, "--title", "A title", "--channel", "whatsapp"),
        *("--header", "X-A: it's", "--event", "inbound", "--with-status"),
    ),
    "attach": ATTACH,
    "attach by title": ("number", "attach", ONE, "--profile", TITLE),
    "attach V1": (*ATTACH, *V1),
    "incoming URL": INCOMING,
    "incoming URL V1": (*INCOMING, *V1),
}
SECRET = "note: replace *** with the secret before running this"
LOCAL = "note: the built-in sandbox has no address; run `wacb sandbox serve` to send these requests"
NOT_SHOWN = f"note: the API does not show which profile number {ONE} has attached"
NOT_COMPARED = (
    "note: the API does not show a number's incoming URL: it is neither compared nor journaled"
)
V1_API, V2_API = f"https://api.kaleyra.io/v1/{SID}", f"https://api.ap.kaleyra.io/v2/{SID}"
HEADERS = (
    "-H \"api-key: $WACB_API_KEY\" -H 'accept: application/json' "
    "-H 'content-type: application/json'"
)
POST = {"title": TITLE, "http_method": "POST", "url": HOOK, "body": BODY}


def compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


class Recorder:
    """The emulator, and what was asked of it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.api = partial(exchange, sandbox)
        self.seen: list[dict[str, Any]] = []

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if method != "GET":
            names = ("api-key", "accept", "content-type")
            shown = {name: headers[name].replace(API_KEY, "$WACB_API_KEY") for name in names}
            request = {"method": method, "url": url, "headers": shown, "body": json.loads(body)}
            self.seen.append(request)
        return self.api(method, url, headers, body)


@pytest.mark.parametrize("case", WRITES)
def test_a_dry_run_shows_what_the_real_run_sends(
    over: Wacb, two_profiles: None, sandbox: Sandbox, untouched: Watch, case: str
):
    network = Recorder(sandbox)
    with untouched():
        shown = over(network, *WRITES[case], "--dry-run", "-o", "json")
    assert (shown.code, network.seen) == (0, [])
    assert over(network, *WRITES[case]).code == 0
    assert shown.out == as_json({"dry_run": True, "requests": network.seen}) + "\n"


@pytest.mark.parametrize("form", [(), ("-o", "table"), ("-o", "tsv"), ("-q",)], ids=" ".join)
def test_a_create_is_one_curl_command(live: Wacb, untouched: Watch, form: tuple[str, ...]):
    with untouched():
        outcome = live(*CREATE, "--dry-run", *form)
    assert outcome == done(
        f"curl -X POST {V1_API}/callback/profiles {HEADERS} --data-raw '{compact(POST)}'"
    )


UPDATES = {
    "V2": (
        ATTACH,
        f"{V2_API}/whatsapp/{WABA_ID}/number/update",
        {"phone_number": ONE, "callback_profile_id": profile_id(1)},
        "",
    ),
    "V1": (
        (*ATTACH, *V1),
        f"{V1_API}/whatsapp/number",
        {"wa_number": ONE, "callback_profile_id": profile_id(1)},
        f"{NOT_SHOWN}\n{NO_V1_FIELD}",
    ),
    "incoming URL": (
        INCOMING,
        f"{V1_API}/whatsapp/number",
        {"wa_number": ONE, "incoming_url": HOOK},
        NOT_COMPARED,
    ),
}


@pytest.mark.parametrize("case", UPDATES)
def test_an_attachment_is_one_curl_command(
    live: Wacb, two_profiles: None, untouched: Watch, case: str
):
    line, url, body, note = UPDATES[case]
    with untouched():
        outcome = live(*line, "--dry-run")
    assert outcome == done(f"curl -X PUT {url} {HEADERS} --data-raw '{compact(body)}'", note)


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Sandbox, str]]:
    sandbox = make_sandbox()
    with serving(sandbox) as address:
        yield sandbox, f"http://{address}"


def paste(line: str) -> Any:
    """Run a line in a shell, as a person who pasted it would; return the JSON that came back."""
    env = {"PATH": "/usr/local/bin:/usr/bin:/bin", "WACB_API_KEY": API_KEY, "WACB_SID": SID}
    process = subprocess.run(
        ["bash", "-c", line], env=env, capture_output=True, text=True, check=True
    )
    return json.loads(process.stdout)


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
@pytest.mark.parametrize("case", [case for case in WRITES if case != "attach by title"])
def test_a_pasted_command_does_what_the_real_run_does(
    over: Wacb, served: tuple[Sandbox, str], case: str
):
    sandbox, url = served
    network = partial(exchange, sandbox)
    sandbox.reset()
    profile = over(network, *CREATE, "-q").out.strip()
    line = (*(word.replace(profile_id(1), profile) for word in WRITES[case]), "--base-url", url)

    printed = over(network, *line, "--dry-run")
    assert printed.code == 0
    assert paste(printed.out)["status"] == 200
    pasted = writes(sandbox)[-1]

    if "attach" in line:
        put(sandbox, "")
    assert over(network, *line).code == 0
    real = writes(sandbox)[-1]
    assert (pasted.method, pasted.path, fields(pasted)) == (real.method, real.path, fields(real))
    assert pasted.body == real.body


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_a_command_without_credentials_is_completed_by_the_shell(
    wacb: Wacb, served: tuple[Sandbox, str]
):
    sandbox, url = served
    sandbox.reset()
    printed = wacb(*CREATE, "--dry-run", "--base-url", url)
    assert f'"{url}/v1/$WACB_SID/callback/profiles"' in printed.out
    assert paste(printed.out)["data"]["profile_id"].startswith("SG_")
    assert fields(writes(sandbox)[-1]) == POST


OFFLINE = "note: checked offline: without credentials the profile and the number were not looked up"
WITHOUT: dict[str, tuple[tuple[str, ...], Outcome]] = {
    "create": (
        CREATE,
        done(
            'curl -X POST "https://api.kaleyra.io/v1/$WACB_SID/callback/profiles" '
            f"{HEADERS} --data-raw '{compact(POST)}'",
            "note: checked offline: without credentials it is not known whether the profile exists",
        ),
    ),
    "attach V1": (
        ATTACH,
        done(
            'curl -X PUT "https://api.kaleyra.io/v1/$WACB_SID/whatsapp/number" '
            f"{HEADERS} --data-raw '{compact(UPDATES['V1'][2])}'",
            OFFLINE,
        ),
    ),
    "attach V2": (
        (*ATTACH, "--waba-id", "77", "--region", "in"),
        done(
            'curl -X PUT "https://api.in.kaleyra.io/v2/$WACB_SID/whatsapp/77/number/update" '
            f"{HEADERS} --data-raw '{compact(UPDATES['V2'][2])}'",
            OFFLINE,
        ),
    ),
    "incoming URL": (
        INCOMING,
        done(
            'curl -X PUT "https://api.kaleyra.io/v1/$WACB_SID/whatsapp/number" '
            f"{HEADERS} --data-raw '{compact(UPDATES['incoming URL'][2])}'",
            f"{NOT_COMPARED}\nnote: checked offline: without credentials the number was not "
            "looked up",
        ),
    ),
    "attach by title": (
        ("number", "attach", ONE, "--profile", TITLE),
        failed(
            2,
            f"'{TITLE}' is not a valid profile ID, and titles can't be looked up without "
            "credentials",
            "pass the profile's ID, or run `wacb config init`",
        ),
    ),
}


@pytest.mark.parametrize("case", WITHOUT)
def test_without_credentials_nothing_is_asked(wacb: Wacb, sandbox: Sandbox, case: str):
    line, outcome = WITHOUT[case]
    assert wacb(*line, "--dry-run") == outcome
    assert sandbox.requests() == []


@pytest.mark.parametrize("form", [(), ("-o", "json")], ids=["curl", "json"])
def test_masked_secrets_are_noted(live: Wacb, form: tuple[str, ...]):
    env = {"TOKEN": "canary-token", "WACB_BASIC_AUTH_PASSWORD": "canary-word"}
    secrets = ("--header-env", "X-T=TOKEN", "--basic-auth", "me", "--encrypt", "AES-256-GCM")
    outcome = live(*CREATE, *secrets, "--header", "X-A: shown", "--dry-run", *form, env=env)
    assert (outcome.code, outcome.err) == (0, SECRET + "\n")
    plain = outcome.out.replace("\\", "")
    assert '"{"X-A":"shown","X-T":"***","Authorization":"***"}"' in plain
    assert plain.count("***") == 4
    assert "canary" not in outcome.out
    assert API_KEY not in outcome.out


def test_requests_to_the_built_in_sandbox_have_no_real_address(wacb: Wacb, untouched: Watch):
    with untouched():
        outcome = wacb("--sandbox", *CREATE, "--dry-run")
    assert outcome.out.startswith(f"curl -X POST http://sandbox.localhost/v1/{SID}/callback/")
    assert outcome.err == LOCAL + "\n"


def test_an_up_to_date_account_needs_no_request(live: Wacb, two_profiles: None, sandbox: Sandbox):
    put(sandbox, profile_id(1))
    note = "note: already up to date; no request needed"
    assert live(*ATTACH, "--dry-run") == done(err=note)
    empty = as_json({"dry_run": True, "requests": []})
    assert live(*ATTACH, "--dry-run", "-o", "json") == done(empty, note)


def test_a_stored_key_is_not_used_for_another_host(live: Wacb, untouched: Watch):
    line = ("config", "set", "api_key", "--api-key-stdin", "--account", "a")
    assert live(*line, input="canary-key").code == 0
    env = {"WACB_API_KEY": ""}
    for command in (CREATE, ("number", "attach", TWO, "--profile", profile_id(1))):
        for how in ((), ("--dry-run",)):
            with untouched():
                outcome = live(*command, *how, "--base-url", "https://other.example", env=env)
            assert outcome == failed(
                3,
                "the stored API key is not for the host in --base-url",
                "set WACB_API_KEY to the key for that host, or run `wacb config set base_url URL`",
            )


def test_a_sandbox_is_not_emptied(live: Wacb, two_profiles: None, sandbox: Sandbox):
    before = sandbox.requests()
    outcome = live("sandbox", "reset", "--dry-run")
    assert outcome == done(err="Would reset the sandbox. Nothing was changed.")
    assert sandbox.requests() == before


def test_brackets_of_a_url_are_literal_to_curl(live: Wacb, two_profiles: None):
    assert live("config", "set", "contract.attach_path", "/v2/[1-2]").code == 0
    shown = live(*ATTACH, "--dry-run").out
    assert shown.startswith("curl --globoff -X PUT 'https://api.ap.kaleyra.io/v2/[1-2]' -H ")
