"""When a live profile is what a draft asks for, and what is named where it is not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fake_api import BODY, make_draft, make_profile
from wacb.models import Encryption, Method
from wacb.provision.compare import differences

KEYED = Encryption(algorithm="AES-128-CFB", key="k" * 16, iv="i" * 16)
UNSHOWN = Encryption(algorithm="aes-128-cfb")


@pytest.mark.parametrize(
    ("asked", "live"),
    [
        pytest.param({}, {}, id="what was given"),
        pytest.param(
            {},
            {
                "headers": {"X-A": "b"},
                "encryption": KEYED,
                "response_message": "thanks",
                "channel": "whatsapp",
                "events": ("a",),
                "status": "disabled",
            },
            id="what was not given",
        ),
        pytest.param({"body": '{"a":1,"b":2}'}, {"body": '{ "b": 2, "a": 1 }'}, id="JSON"),
        pytest.param({"body": "<body"}, {"body": "<body"}, id="no JSON"),
        pytest.param({"body": "[" * 100_000}, {"body": "[" * 100_000}, id="deep JSON"),
        pytest.param({"headers": {"X-A": "b"}}, {"headers": {"x-a": "b"}}, id="header names"),
        pytest.param({"headers": {}}, {}, id="no headers"),
        pytest.param({"encryption": KEYED}, {"encryption": KEYED}, id="the same key"),
        pytest.param({"encryption": KEYED}, {"encryption": UNSHOWN}, id="a key not shown"),
        pytest.param({"events": ("a", "b")}, {"events": ("b", "a")}, id="order of events"),
        pytest.param({"events": ()}, {}, id="no events"),
    ],
)
def test_a_profile_fits(asked: dict[str, Any], live: dict[str, Any]) -> None:
    assert differences(make_draft(**asked), make_profile(**live)) == {}


@pytest.mark.parametrize(
    ("asked", "live", "old", "new"),
    [
        ({"title": "New"}, {"title": "Old"}, "Old", "New"),
        ({"method": Method.PUT}, {}, Method.POST, Method.PUT),
        (
            {"url": "https://b.example/"},
            {"url": "https://a.example/"},
            *("https://a.example/", "https://b.example/"),
        ),
        ({"body": '{"a": 1}'}, {"body": '{"a": 2}'}, {"a": 2}, {"a": 1}),
        ({"body": '{"a": 1}'}, {"body": '{"a": true}'}, {"a": True}, {"a": 1}),
        ({"body": '{"a": 1}'}, {"body": '{"a": 1.0}'}, {"a": 1.0}, {"a": 1}),
        ({"body": '{"a": 1}'}, {"body": None}, None, {"a": 1}),
        ({"body": '{"a": 1}'}, {"body": "oops"}, "oops", {"a": 1}),
        ({"headers": {"X-A": "b"}}, {}, {}, {"x-a": "b"}),
        ({"headers": {}}, {"headers": {"X-A": "b"}}, {"x-a": "b"}, {}),
        ({"response_message": ""}, {"response_message": "old"}, "old", ""),
        ({"channel": "whatsapp"}, {}, None, "whatsapp"),
        ({"events": ("a",)}, {"events": ("b", "a")}, ["a", "b"], ["a"]),
        ({"events": ()}, {"events": ("a",)}, ["a"], []),
    ],
    ids=[
        "title",
        "method",
        "url",
        "body",
        "body-of-true",
        "body-of-1.0",
        "no-body",
        "body-is-no-json",
        "header",
        "no-header",
        "message",
        "channel",
        "events",
        "no-events",
    ],
)
def test_what_differs_is_named_with_old_and_new(
    asked: dict[str, Any], live: dict[str, Any], old: object, new: object
) -> None:
    (name,) = asked
    assert differences(make_draft(**asked), make_profile(**live)) == {name: (old, new)}


@pytest.mark.parametrize(
    ("live", "old", "new"),
    [
        (None, None, ("AES-128-CFB",)),
        (
            Encryption(algorithm="AES-128-CFB", key="x" * 16, iv="i" * 16),
            ("AES-128-CFB", "x" * 16, "i" * 16),
            ("AES-128-CFB", "k" * 16, "i" * 16),
        ),
        (
            Encryption(algorithm="AES-128-CFB", key="k" * 16, iv="x" * 16),
            ("AES-128-CFB", "k" * 16, "x" * 16),
            ("AES-128-CFB", "k" * 16, "i" * 16),
        ),
        (Encryption(algorithm="AES-256-GCM"), ("AES-256-GCM",), ("AES-128-CFB",)),
    ],
    ids=["none", "key", "iv", "algorithm"],
)
def test_encryption_that_differs(live: Encryption | None, old: object, new: object) -> None:
    found = differences(make_draft(encryption=KEYED), make_profile(encryption=live))
    assert found == {"encryption": (old, new)}


def test_a_channel_is_compared_in_any_case() -> None:
    assert not differences(make_draft(channel="WhatsApp"), make_profile(channel="WHATSAPP"))


def test_several_differences_are_all_named() -> None:
    changed = make_profile(title="Other", body=BODY.replace("<body>", "<text>"), channel="sms")
    assert set(differences(make_draft(channel="whatsapp"), changed)) == {"title", "body", "channel"}


def test_a_body_too_deep_to_walk_is_compared_as_text() -> None:
    deep = '{"a":' * 900 + "1" + "}" * 900
    assert differences(make_draft(), make_profile(body=deep))["body"][0] == deep
