"""The live state as a manifest: what stands in it, what is left out of it and why."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cli.expect import QUERY, STATUS_QUERY
from tests.examples import examples
from tests.fake_api import make_profile
from wacb.errors import InvalidInput
from wacb.jsontext import visible
from wacb.models import UNKNOWN, AttachedId, CallbackProfile, Encryption, Method, Number
from wacb.plan.manifest.export import Exported, check_round_trip, write
from wacb.plan.manifest.read import parse
from wacb.provision.compare import differences
from wacb.template.placeholders import INCOMING, MARK, build_body, names

HEADER = "# wacb.toml, written by wacb export\n"
HOOK = "https://example.com/hook"
VARIABLE = "${INCOMING_MESSAGES"
SECRET = "s3cret-of-16-chr"
FULL = {name: f"<{name}>" for name in INCOMING}
INCOMPLETE = '{"text":"<body>"}'
KEY = Encryption(algorithm="AES-128-GCM", key=SECRET, iv=SECRET)


def exported(profile: CallbackProfile, *, local: bool = False) -> Exported:
    return write([profile], [], local=local)


def table_of(profile: CallbackProfile, *, local: bool = False) -> str:
    """The lines of a profile behind its title, method and URL; nothing may be left out."""
    result = exported(profile, local=local)
    assert result.notes == ()
    title = '[profiles.incoming-messages]\ntitle = "Incoming messages"\n'
    start = f'{HEADER}{title}method = "{profile.method.lower()}"\n'
    assert result.text.startswith(start)
    return result.text.removeprefix(start)


def head(*notes: str) -> str:
    """The comments of a file from which something is left out."""
    last = "# `wacb apply --prune` may remove what is left out here\n"
    return HEADER + "".join(f"# {visible(note)}\n" for note in notes) + last


def reason(profile: CallbackProfile) -> str:
    """Why a profile is left out; nothing else may be said then."""
    result = exported(profile)
    start = f"profile '{profile.title}' (SG_1) is left out: "
    assert result.text == head(*result.notes)
    assert result.variables == ()
    assert [note.startswith(start) for note in result.notes] == [True]
    return result.notes[0].removeprefix(start)


def body(**members: object) -> str:
    return json.dumps(FULL | members)


def test_a_whole_file():
    profiles = [
        make_profile(
            id="SG_2",
            title="Status and more",
            method=Method.PUT,
            body=build_body(names(with_status=True)),
            headers={"X-Team": "$5", "Authorization": SECRET},
            encryption=KEY,
            response_message="thanks, größte 🎉 \x9b\u202e",
            channel="whatsapp",
            events=("read", "delivered"),
        ),
        make_profile(
            id="SG_3",
            title="By query",
            method=Method.GET,
            url=f"https://example.com/get?{QUERY}",
        ),
        make_profile(id="SG_1", body=body(extra={"token": SECRET, "n": [1, 2.5, True]})),
    ]
    numbers = [
        Number(number="+15550100003", callback_profile_id="SG_2"),
        Number(number="+15550100001", callback_profile_id="SG_1"),
        Number(number="+15550100002", callback_profile_id=None),
    ]
    members = "".join(f'{name} = "<{name}>"\n' for name in INCOMING)
    assert write(profiles, numbers, local=False) == Exported(
        text=f"""{HEADER}\
[profiles.by-query]
title = "By query"
method = "get"
url = "https://example.com/get"

[profiles.incoming-messages]
title = "Incoming messages"
method = "post"
url = "{HOOK}"

[profiles.incoming-messages.body]
{members}
[profiles.incoming-messages.body.extra]
token = "${{INCOMING_MESSAGES_TOKEN}}"
n = [
    1,
    2.5,
    true,
]

[profiles.status-and-more]
title = "Status and more"
method = "put"
url = "{HOOK}"
response_message = "thanks, größte 🎉 \\U0000009b\\U0000202e"
channel = "whatsapp"
events = [
    "read",
    "delivered",
]
with_status = true

[profiles.status-and-more.headers]
X-Team = "${{STATUS_AND_MORE_X_TEAM}}"
Authorization = "${{STATUS_AND_MORE_AUTHORIZATION}}"

[profiles.status-and-more.encryption]
algorithm = "AES-128-GCM"
key = "${{STATUS_AND_MORE_ENCRYPTION_KEY}}"
iv = "${{STATUS_AND_MORE_ENCRYPTION_IV}}"

[numbers]
"+15550100001" = "incoming-messages"
"+15550100003" = "status-and-more"
""",
        variables=(
            "INCOMING_MESSAGES_TOKEN",
            "STATUS_AND_MORE_X_TEAM",
            "STATUS_AND_MORE_AUTHORIZATION",
            "STATUS_AND_MORE_ENCRYPTION_KEY",
            "STATUS_AND_MORE_ENCRYPTION_IV",
        ),
        notes=(),
    )


def test_an_empty_account():
    assert write([], [], local=False) == Exported(text=HEADER, variables=(), notes=())


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (f"{HOOK}?{QUERY}", f'url = "{HOOK}"\n'),
        (f"{HOOK}?a=$1&{QUERY}", f'url = "{HOOK}?a={VARIABLE}_A}}"\n'),
        (f"{HOOK}?{QUERY}{STATUS_QUERY}", f'url = "{HOOK}"\nwith_status = true\n'),
        (f"{HOOK}?{QUERY}&a=1", f'url = "{HOOK}?{QUERY}&a={VARIABLE}_A}}"\n'),
        (f"{HOOK}?x=<body>&{QUERY}", f'url = "{HOOK}?x=<body>&{QUERY}"\n'),
        (f"{HOOK}?x=<body>", f'url = "{HOOK}?x=<body>"\nallow_missing = true\n'),
    ],
    ids=[
        *("the template", "parameters before it", "with status", "parameters behind it"),
        *("a placeholder before it", "a part of it"),
    ],
)
@pytest.mark.parametrize("method", [Method.GET, Method.DELETE])
def test_the_url_of_a_query_template(method: Method, url: str, said: str):
    assert table_of(make_profile(method=method, url=url, body=None)) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (json.dumps(dict(reversed(FULL.items())), indent=4), ""),
        (
            INCOMPLETE,
            'allow_missing = true\n\n[profiles.incoming-messages.body]\ntext = "<body>"\n',
        ),
        (None, "allow_missing = true\n\n[profiles.incoming-messages.body]\n"),
        ("", "allow_missing = true\n\n[profiles.incoming-messages.body]\n"),
        (
            '{"a": null, "b$": "<body> ü $1", "key": ["x"]}',
            "allow_missing = true\n"
            r'body = "{\"a\": null, \"b$\": \"${INCOMING_MESSAGES_B_}\", '
            r'\"key\": [\"${INCOMING_MESSAGES_KEY}\"]}"'
            "\n",
        ),
    ],
    ids=["the template in another order", "a part of it", "no body", "an empty body", "null"],
)
def test_the_body(text: str | None, said: str):
    assert table_of(make_profile(body=text)) == f'url = "{HOOK}"\n{said}'


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://example.com/a", "allow_http = true\n"),
        ("https://localhost/a", "allow_local = true\n"),
        ("http://127.0.0.1:8000/a", "allow_http = true\nallow_local = true\n"),
    ],
)
def test_an_endpoint_that_breaks_a_rule(url: str, said: str):
    assert table_of(make_profile(url=url)) == f'url = "{url}"\n{said}'
    assert table_of(make_profile(url=url), local=True) == f'url = "{url}"\n'


@pytest.mark.parametrize(
    "encryption",
    [
        Encryption(algorithm="AES-256-CFB"),
        Encryption(algorithm="aes-128-cfb", key=SECRET[:8] * 2, iv="i" * 16),
    ],
    ids=["a key that is not shown", "a key"],
)
def test_a_key_is_never_written(encryption: Encryption):
    result = exported(make_profile(encryption=encryption))
    names = ("INCOMING_MESSAGES_ENCRYPTION_KEY", "INCOMING_MESSAGES_ENCRYPTION_IV")
    assert result.variables == names
    assert result.text.partition("[profiles.incoming-messages.encryption]\n")[2] == (
        f'algorithm = "{encryption.algorithm}"\nkey = "${{{names[0]}}}"\niv = "${{{names[1]}}}"\n'
    )


@pytest.mark.parametrize(
    ("changes", "variables"),
    [
        ({"headers": {"X-Api-Key": SECRET, "Cookie": SECRET}}, ("X_API_KEY", "COOKIE")),
        ({"url": f"{HOOK}?api%20token={SECRET}&n=&key=&secret=<body>"}, ("API_TOKEN",)),
        ({"body": body(Token=SECRET, secret="<name>", keys=[{"a": SECRET}])}, ("TOKEN", "A")),
        ({"headers": {"key": SECRET, "Key-": SECRET}}, ("KEY", "KEY_")),
        ({"headers": {"key": SECRET}, "url": f"{HOOK}?key={SECRET}"}, ("KEY", "KEY_2")),
        ({"body": body(keys=[True, "", "<body>"])}, ()),
    ],
    ids=["headers", "query", "body", "alike", "of one name", "no secrets"],
)
def test_secrets_become_variables(changes: dict[str, object], variables: tuple[str]):
    result = exported(make_profile(**changes))
    assert result.variables == tuple(f"INCOMING_MESSAGES_{name}" for name in variables)
    assert SECRET not in result.text
    assert result.notes == ()


def test_a_template_in_the_url_keeps_its_secret_parameter():
    url = f"{HOOK}?token={SECRET}&{QUERY}"
    said = f'url = "{HOOK}?token=${{INCOMING_MESSAGES_TOKEN}}"\n'
    assert table_of(make_profile(method=Method.GET, url=url)) == said


def test_names_of_tables_and_variables_are_unique():
    titles = ["two  words", "Two words", "two-words", "two_words", "two-words-2", "4 you", "wacb"]
    profiles = [
        make_profile(id=f"SG_{n}", title=title, headers={"Api-Key": SECRET})
        for n, title in enumerate(titles)
    ]
    result = write(profiles, [], local=False)
    tables = [line for line in result.text.split("\n") if line.endswith(".headers]")]
    assert [
        (table.split(".")[1], variable)
        for table, variable in zip(tables, result.variables, strict=True)
    ] == [
        ("4-you", "_4_YOU_API_KEY"),
        ("two-words", "TWO_WORDS_API_KEY"),
        ("two-words-2", "TWO_WORDS_2_API_KEY"),
        ("two-words-3", "TWO_WORDS_3_API_KEY"),
        ("two-words-2-2", "TWO_WORDS_2_2_API_KEY"),
        ("two_words", "TWO_WORDS_API_KEY_2"),
        ("wacb", "WACB_API_KEY_2"),
    ]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"title": "é"}, "title: 'é' is not a valid title"),
        ({"title": ""}, "title: '' is not a valid title"),
        (
            {"url": "https://u:pw@example.com/"},
            "url: the URL contains user info (before the @), which is never sent",
        ),
        (
            {"method": Method.GET, "url": HOOK},
            "its URL has no placeholders, and a manifest would add them",
        ),
        (
            {"body": '{"a":"<bodi>"}'},
            "body: <bodi> in member 'a' is not a Kaleyra placeholder (did you mean <body>?)",
        ),
        ({"body": '["<body>"]'}, "the body is not a JSON object"),
        ({"body": "hello <body>"}, "the body is not JSON: line 1, column 1"),
        ({"body": '{"a":1,"a":2}'}, "duplicate key 'a' in one object of the body"),
        (
            {"body": '{"a":' + "[" * 100 + "]" * 100 + "}"},
            "its body cannot be written as TOML: it is nested too deeply",
        ),
        (
            {"body": '{"a":' + "1" * 5000 + "}"},
            "its body cannot be written as TOML: it contains a number of too many digits",
        ),
        (
            {"body": body(pin_token=1234)},
            "member 'pin_token' of its body may be a secret, but is not text",
        ),
        ({"body": body(a="\ud800")}, "it contains text that is not valid Unicode"),
        (
            {"title": "é", "encryption": Encryption(algorithm="ROT-13")},
            "title: 'é' is not a valid title; use at least 3 characters of A-Z a-z 0-9, "
            "space, hyphen and underscore; encryption.algorithm: is not a valid value; "
            "use one of AES-128-CFB, AES-128-GCM, AES-192-CFB, AES-192-GCM, "
            "AES-256-CFB, AES-256-GCM",
        ),
        (
            {"encryption": Encryption(algorithm="AES-128-GCM", key="***", iv="0" * 12)},
            "encryption.key: has 3 bytes, AES-128-GCM needs 16",
        ),
        (
            {"encryption": Encryption(algorithm="AES-128-CFB", key="6b" * 16, iv="i" * 16)},
            "encryption.key: has 32 bytes, AES-128-CFB needs 16",
        ),
        (
            {"headers": {"X-Own": ""}},
            "headers.X-Own: the value of header X-Own is empty or contains a line break, a control "
            "character or a non-ASCII character",
        ),
    ],
    ids=[
        *("title", "no title", "url", "no template", "unknown placeholder", "array", "text"),
        *("doubled key", "deep", "long number", "number as a secret", "surrogate"),
        *("two faults", "a masked key", "a key in hex", "empty header"),
    ],
)
def test_what_a_manifest_cannot_say_is_left_out(changes: dict[str, object], why: str):
    assert reason(make_profile(**changes)) == why


def test_two_profiles_of_one_title_are_left_out():
    profiles = [make_profile(id=f"SG_{n}") for n in (2, 1)]
    notes = tuple(
        f"profile 'Incoming messages' (SG_{n}) is left out: 2 profiles have this title"
        for n in (1, 2)
    )
    assert write(profiles, [], local=False) == Exported(head(*notes), (), notes)


def test_the_variables_of_a_profile_left_out_are_not_asked_for():
    refused = make_profile(id="SG_2", title="a-b", url="ftp://x", headers={"key": SECRET})
    written = make_profile(title="a_b", headers={"key": SECRET})
    assert write([refused, written], [], local=False).variables == ("A_B_KEY",)


def test_a_number_is_written_where_its_profile_is_known():
    profiles = [
        make_profile(),
        make_profile(id="SG_$2", title="no"),
        make_profile(id="SG_\x9b", title=""),
    ]
    carried: list[tuple[str, AttachedId]] = [
        ("+15550100006", UNKNOWN),
        ("+15550100005", "SG_$2"),
        ("+15550100004", "SG_gone"),
        ("+15550100003", "SG_1"),
        ("+15550100002", None),
        ("+15550100001", UNKNOWN),
        ("+15550100007", "SG_\x9b"),
        ("one", "SG_1"),
        ("two", None),
    ]
    numbers = [Number(number=number, callback_profile_id=profile) for number, profile in carried]
    result = write(profiles, numbers, local=False)
    assert result.text.partition("[numbers]\n")[2] == (
        '"+15550100003" = "incoming-messages"\n"+15550100005" = "SG_$$2"\n'
    )
    assert result.notes[2:] == (
        "number +15550100004 is left out: its profile SG_gone was not found",
        "number +15550100007 is left out: its profile SG_\x9b was not found",
        "number one is left out: 'one' is not a valid phone number: unexpected character 'o'",
        "numbers left out because the API does not show their profile: 2",
    )


words = st.sampled_from(["a", "$", "$$", "${", "${A}", "}", "<body>", "é", "\x9b", '"', "\n"])
texts = st.lists(words, max_size=3).map("".join)
scalars = texts | st.none() | st.booleans() | st.integers() | st.floats(-1e9, 1e9)
keys = st.sampled_from(["token", "a", "b$", "${c}", "d.e", "", "body", "Schlüssel-key"])
values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(keys, inner), max_leaves=5
)
bodies = st.builds(dict.__or__, st.sampled_from([{}, FULL]), st.dictionaries(keys, values))
queries = st.sampled_from([QUERY, QUERY + STATUS_QUERY, "b=<body>", f"a={SECRET}&%6Bey={SECRET}"])
headers = st.dictionaries(
    st.sampled_from(["X-A", "X$", "Api-Key"]), st.sampled_from(["a", "${A}", "$$ \"'"])
)
KEYS = [None, KEY, KEY._replace(algorithm="aes-128-cfb"), Encryption(algorithm="AES-128-CFB")]


def with_secrets(value: Any) -> Any:
    """Put SECRET wherever a text is not a placeholder."""
    if isinstance(value, dict):
        return {key: with_secrets(item) for key, item in value.items()}
    if isinstance(value, list):
        return [with_secrets(item) for item in value]
    return SECRET if isinstance(value, str) and value and not MARK.fullmatch(value) else value


profiles = st.builds(
    make_profile,
    id=st.integers(0, 99).map(lambda n: f"SG_{n}"),
    title=st.text("aB _-", min_size=3, max_size=4),
    method=st.sampled_from(Method),
    url=st.builds(
        "{}/{}?{}".format,
        st.sampled_from(["https://example.com", "http://localhost:1"]),
        st.sampled_from(["", "$x", "$$", "%24%7B"]),
        st.lists(queries, min_size=1, max_size=2).map("&".join),
    ),
    body=st.builds(json.dumps, bodies.map(with_secrets) | st.just(FULL)),
    headers=headers.map(with_secrets),
    encryption=st.sampled_from(KEYS),
    response_message=st.none() | texts,
    channel=st.none() | texts,
    events=st.lists(words, max_size=2).map(tuple),
)


@settings(max_examples=examples(60))
@given(live=st.lists(profiles, max_size=3, unique_by=lambda one: one.id), data=st.data())
def test_what_is_written_asks_for_what_there_is(live: list[CallbackProfile], data: st.DataObject):
    ids = st.sampled_from([None, "SG_gone", *(profile.id for profile in live)])
    carried = data.draw(st.lists(ids, max_size=3))
    numbers = [
        Number(number=f"+1555010000{n}", callback_profile_id=id) for n, id in enumerate(carried)
    ]
    result = write(live, numbers, local=False)
    environ = dict.fromkeys(result.variables, SECRET)
    manifest = parse(result.text, file="wacb.toml", environ=environ)
    asked = {desired.draft.title: desired for desired in manifest.profiles}
    referred: dict[AttachedId, str | None] = {"SG_gone": None, None: None, UNKNOWN: None}
    for profile in live:
        left_out = any(f" ({profile.id}) " in note for note in result.notes)
        assert left_out == (profile.title not in asked)
        if not left_out:
            assert differences(asked[profile.title].draft, profile) == {}
        referred[profile.id] = profile.id if left_out else asked[profile.title].name
    wanted = {number.number: referred[number.callback_profile_id] for number in numbers}
    assert (manifest.numbers or {}) == {k: v for k, v in wanted.items() if v}
    assert SECRET not in result.text + "".join(result.notes)


def test_a_table_that_would_make_another_profile_is_refused():
    table = {"title": "Incoming messages", "method": "post", "url": "https://other.example/"}
    with pytest.raises(InvalidInput, match="a manifest cannot express its url"):
        check_round_trip(make_profile(), "incoming", table, {}, local=False)
