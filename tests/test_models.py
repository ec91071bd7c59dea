"""The few words that models say themselves."""

from __future__ import annotations

import pytest

from wacb.models import CallbackProfile, Encryption, Method, Number, ProfileDraft

HOOK = "https://example.com/hook"


# methods, profiles, numbers


def test_a_method_is_written_as_http_writes_it():
    assert [str(method) for method in Method] == ["GET", "POST", "PUT", "DELETE"]


def test_what_is_not_said_has_a_documented_default():
    profile = CallbackProfile(id="IN_1", title="abc", method=Method.GET, url=HOOK)
    assert (profile.status, profile.events, profile.headers) == ("active", (), {})
    assert Number(number="+15550100001").api == "v2"
    assert Encryption(algorithm="AES-128-CFB").encoding == "raw"


@pytest.mark.parametrize(
    ("method", "uses_body"),
    [(Method.GET, False), (Method.POST, True), (Method.PUT, True), (Method.DELETE, False)],
)
def test_post_and_put_carry_their_template_in_the_body(method, uses_body):
    assert method.uses_body is uses_body
    profile = CallbackProfile(id="IN_1", title="abc", method=method, url=HOOK, body="{}")
    assert profile.template == ("{}" if uses_body else HOOK)


def test_a_profile_without_a_body_has_an_empty_template():
    profile = CallbackProfile(id="IN_1", title="abc", method=Method.POST, url=HOOK)
    assert profile.template == ""


@pytest.mark.parametrize(
    ("status", "approved"),
    [
        *((word, True) for word in ("approved", "active", "connected", "verified", "live")),
        *((word, False) for word in ("pending", "unverified", "in_review", "submitted")),
        *((word, False) for word in ("rejected", "disabled")),
        *((("APPROVED", True), ("Pending", False))),
        *((word, None) for word in (None, "", "flagged", "approved?")),
    ],
)
def test_a_number_is_approved_where_its_status_word_is_known(status, approved):
    assert Number(number="+15550100001", status=status).approved is approved


def test_neither_keys_nor_header_values_show_in_a_repr():
    encryption = Encryption(algorithm="AES-128-CFB", key="KEY-CANARY", iv="IV-CANARY")
    headers = {"x-token": "HEADER-CANARY"}
    draft = ProfileDraft(
        title="abc", method=Method.GET, url=HOOK, headers=headers, encryption=encryption
    )
    profile = CallbackProfile(
        id="IN_1", title="abc", method=Method.GET, url=HOOK, headers=headers, encryption=encryption
    )
    assert "CANARY" not in repr(draft) + repr(profile) + repr(encryption)
