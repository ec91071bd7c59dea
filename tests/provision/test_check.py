"""Faulty templates are found and repaired; what is not a placeholder keeps its bytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tests.conftest import profile_id
from tests.fake_api import BODY, Clock, emulated, make_client, make_draft, make_profile
from wacb.errors import ApiRejected
from wacb.models import CallbackProfile, Method, ProfileDraft
from wacb.provision import check
from wacb.provision.check import Checked, Repair
from wacb.sandbox.emulator import Sandbox
from wacb.template.placeholders import INCOMING, build_query

HOOK = "https://example.com/hook"
URL = f"{HOOK}?{build_query(INCOMING)}"


def get(url: str, **changes: Any) -> CallbackProfile:
    return make_profile(**{"method": Method.GET, "url": url, "body": None, **changes})


def faults(checked: Checked) -> tuple[Sequence[str], ...]:
    return checked.missing, checked.unknown, checked.inspection.encoded


@pytest.mark.parametrize(
    ("profile", "present", "missing", "unknown", "encoded"),
    [
        pytest.param(make_profile(), 14, "", "", "", id="complete"),
        pytest.param(get(f"{URL}&id=<id>&x=%3Cbody%3E"), 14, "", "", "", id="and more"),
        pytest.param(get(URL.replace("<from>", "me")), 13, "from", "", "", id="one missing"),
        pytest.param(
            get(URL.replace("<from>", "%3Cfrom%3E")), 13, "from", "", "from", id="one encoded"
        ),
        pytest.param(
            make_profile(body=BODY.replace("<from>", "<frm>")), 13, "from", "frm", "", id="misspelt"
        ),
        pytest.param(get(f"{URL}&id=%3Cid%3E"), 14, "id", "", "id", id="status name encoded"),
        pytest.param(get(f"{URL}&q=%3Cqqq%3E"), 14, "", "qqq", "qqq", id="unknown and encoded"),
        pytest.param(make_profile(body=None), 0, " ".join(INCOMING), "", "", id="no body"),
        pytest.param(get(HOOK, body=BODY), 0, " ".join(INCOMING), "", "", id="body of a GET"),
    ],
)
def test_what_is_wrong_is_named_once(
    profile: CallbackProfile, present: int, missing: str, unknown: str, encoded: str
):
    checked = check.check_one(profile)
    assert checked.present == present
    assert faults(checked) == tuple(tuple(text.split()) for text in (missing, unknown, encoded))
    assert checked.ok == (not missing and not unknown)


OTHERS: dict[str, Any] = {
    "title": "!",
    "headers": {"X-A": "b"},
    "status": "disabled",
    "channel": "whatsapp",
    "events": ("b", "a"),
    "response_message": "thanks",
}


def prepared(profile: CallbackProfile) -> Repair:
    return check.prepare_repair(check.check_one(profile))


@pytest.mark.parametrize(
    ("profile", "changes"),
    [
        pytest.param(
            get(f"{URL}&team=7".replace("&from=<from>", ""), body="left over", **OTHERS),
            {"url": f"{URL}&team=7&from=<from>".replace("&from=<from>", "", 1)},
            id="GET",
        ),
        pytest.param(
            make_profile(body=BODY.replace("<from>", "&lt;from&gt;"), url=HOOK, **OTHERS),
            {"body": BODY},
            id="POST",
        ),
        pytest.param(make_profile(body=None), {"body": BODY}, id="no body"),
    ],
)
def test_a_repair_changes_the_template_and_nothing_else(
    profile: CallbackProfile, changes: dict[str, str]
):
    step = prepared(profile).step
    assert step is not None
    assert {name: getattr(step.draft, name) for name in step.changes} == changes
    asked: dict[str, Any] = {"url": profile.url, "body": None, **changes}
    assert step.draft == ProfileDraft(title=profile.title, method=profile.method, **asked)
    assert step.live == profile


@pytest.mark.parametrize(
    ("profile", "message", "option"),
    [
        (
            make_profile(body="{"),
            "the body is not JSON: line 1, column 2",
            "--body-file FILE",
        ),
        (
            get(f"{URL}&a=<qqq>"),
            "<qqq> in query parameter 15 ('a') is not a Kaleyra placeholder",
            "--url URL",
        ),
        (make_profile(url=""), "it has no URL", "--url URL"),
        (get(URL.partition("?")[2].join(("?", ""))), "it has no URL", "--url URL"),
    ],
    ids=["POST", "GET", "POST without a URL", "GET without a host"],
)
def test_what_cannot_be_repaired_is_said(profile: CallbackProfile, message: str, option: str):
    repair = prepared(profile)
    assert (repair.step, type(repair.error).__name__) == (None, "CheckFailed")
    assert repair.error is not None
    assert (repair.error.message, repair.error.hint) == (
        f"profile 'Incoming messages' (SG_1) cannot be fixed: {message}",
        f"replace the whole template with `wacb profile update SG_1 {option}`",
    )


def test_one_that_fails_keeps_no_other_from_being_repaired(sandbox: Sandbox):
    client = make_client(emulated(sandbox))
    for n in (1, 2, 3):
        client.create_profile(make_draft(title=f"Profile {n}", body='{"text":"<body>"}'))
    broken = [client.get_profile(profile_id(n)) for n in (1, 2, 3)]
    repairs = [prepared(profile) for profile in [*broken, make_profile(body="{")]]
    sandbox.add_fault("422,PATCH,from=2")
    after = check.execute(client, repairs, sleep=Clock().sleep)
    assert [(repair.checked.profile.id, repair.checked.ok) for repair in after] == [
        (profile_id(1), True),
        (profile_id(2), False),
        (profile_id(3), True),
        ("SG_1", False),
    ]
    errors = [repair.error for repair in after]
    assert (errors[0], type(errors[1]), errors[2:]) == (None, ApiRejected, [None, repairs[3].error])
