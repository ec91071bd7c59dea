"""Whatever a profile is and becomes, no placeholder of its template gets lost on the way."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from tests.fake_api import BODY, make_profile
from wacb.errors import InvalidInput
from wacb.models import CallbackProfile, Method
from wacb.provision.drafts import updated_draft
from wacb.template.inspect import inspect
from wacb.template.placeholders import INCOMING, build_body, build_query, names

ALL = names(with_status=True)
QUERY = build_query(INCOMING)
KEYS = st.sampled_from((*ALL, "text", "team", "a%20b"))
ODD = ("<body>-<from>", "%3Cbody%3E", "&lt;id&gt;", "<frm>", "7", "")
VALUES = st.sampled_from((*(f"<{name}>" for name in ALL), *ODD))
QUERIES = st.one_of(
    st.dictionaries(KEYS, VALUES).map(
        lambda found: "&".join(f"{key}={value}" for key, value in found.items())
    ),
    st.sampled_from(("", QUERY, f"team=7&{QUERY}", build_query(ALL))),
)
BODIES = st.one_of(
    st.dictionaries(KEYS, VALUES | st.just(7)).map(json.dumps),
    st.sampled_from((BODY, build_body(ALL), None, "", "{", "[]")),
)
METHODS = st.sampled_from(Method)


@given(
    method=METHODS,
    query=QUERIES,
    body=BODIES,
    target=st.none() | METHODS,
    elsewhere=st.none() | QUERIES,
    with_status=st.booleans(),
    allow_missing=st.booleans(),
)
def test_no_placeholder_gets_lost_on_the_way(
    method: Method,
    query: str,
    body: str | None,
    target: Method | None,
    elsewhere: str | None,
    with_status: bool,
    allow_missing: bool,
):
    live = make_profile(method=method, url=f"https://example.com/hook?{query}", body=body)
    try:
        draft = updated_draft(
            live,
            method=target,
            url=None if elsewhere is None else f"https://example.com/new?{elsewhere}",
            with_status=with_status,
            allow_missing=allow_missing,
        )
    except InvalidInput as error:
        assert error.message
        return
    becomes = make_profile(method=draft.method, url=draft.url, body=draft.body)
    own = elsewhere is not None and "<" in elsewhere and not draft.method.uses_body
    assert own or literal(becomes) >= literal(live)
    if with_status:
        assert literal(becomes) >= set(ALL) - set(INCOMING)
    if draft.method.uses_body != method.uses_body and not allow_missing:
        assert not inspect(becomes).missing


def literal(profile: CallbackProfile) -> set[str]:
    """The placeholders of a profile's template that Kaleyra fills."""
    return {name for name in ALL if f"<{name}>" in profile.template}
