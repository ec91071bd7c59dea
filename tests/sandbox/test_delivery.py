"""A message on its way to an endpoint: what arrives there, byte for byte."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from functools import partial
from urllib.parse import parse_qsl

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.cli.expect import NAMES
from tests.examples import sampled
from tests.sandbox.endpoint import Arrived, Endpoint, listening
from tests.sandbox.shells import NUMBERS, ONE, V1_NUMBER, Api
from wacb.callbacks.encryption import Cipher
from wacb.callbacks.samples import TYPES, sample
from wacb.errors import CheckFailed, ConfigError, NotFound, Unsafe
from wacb.models import Encryption
from wacb.net.session import Session
from wacb.net.timeout import Deadline
from wacb.sandbox.delivery import Delivery, deliver
from wacb.sandbox.outgoing import Incoming, Outgoing, prepare

QUERY = "?keep=1&" + "&".join(f"{name}=<{name}>" for name in NAMES)
BODY = json.dumps({"keep": "1", **{name: f"<{name}>" for name in NAMES}})
BASIC = {"Authorization": "Basic dXNlcjpzeW50aGV0aWM="}
KEY, IV = "synthetic-key-01", "synthetic-iv-016"
CFB = {"algo": "AES-128-CFB", "key": KEY, "IV": IV}
GCM = {"algo": "AES-128-GCM", "key": KEY, "IV": IV[:12]}

Deliver = Callable[..., Delivery]


@pytest.fixture(scope="module")
def listener() -> Iterator[Endpoint]:
    with listening() as endpoint:
        yield endpoint


@pytest.fixture
def endpoint(listener: Endpoint) -> Endpoint:
    listener.arrived.clear()
    listener.statuses.clear()
    return listener


@pytest.fixture
def sleeps() -> list[float]:
    return []


@pytest.fixture
def send(quick: Api, sleeps: list[float]) -> Iterator[Deliver]:
    """Deliver a message to the first number, over the network."""
    session = Session(timeout=5, deadline=Deadline(60))

    def run(fields: dict[str, str], *, number: str = ONE, naive: bool = False) -> Delivery:
        return deliver(
            quick.sandbox.store,
            Incoming(number=number, type="text", fields=fields),
            partial(prepare, quick.sandbox.store, naive=naive),
            session=session,
            sleep=sleeps.append,
        )

    yield run
    session.close()


def message(kind: str = "text", **changes: str) -> dict[str, str]:
    made = sample(kind, number=ONE, sender="+15550123456", now=1_790_000_000.0, seed=7)
    return made | changes


def attach(api: Api, url: str, method: str, **changes: object) -> str:
    """Put a complete profile on the first number."""
    if method in ("POST", "PUT"):
        return attach_own(api, http_method=method, url=url, body=BODY, **changes)
    return attach_own(api, http_method=method, url=url + QUERY, body=None, **changes)


def attach_own(api: Api, **fields: object) -> str:
    """Put a profile with a template of one's own on the first number."""
    profile = api.create(**fields)
    setting = {"phone_number": ONE, "callback_profile_id": profile}
    assert api("PUT", f"{NUMBERS}/update", setting).status == 200
    return profile


def values(request: Arrived) -> dict[str, str]:
    """Read what arrived as any framework would."""
    if request.body:
        found = json.loads(request.body)
    else:
        query = request.target.partition("?")[2]
        found = dict(parse_qsl(query, keep_blank_values=True, strict_parsing=True))
    assert found.pop("keep") == "1"
    return dict(found)


@pytest.mark.parametrize("kind", sampled(TYPES, every=4))
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_every_value_arrives_byte_for_byte(
    quick: Api, endpoint: Endpoint, send: Deliver, method: str, kind: str
):
    attach(quick, endpoint.url, method)
    outcome = send(message(kind))
    (request,) = endpoint.arrived
    assert values(request) == message(kind)
    assert (request.method, request.target.partition("?")[0]) == (method, "/hook")
    assert (outcome.delivered, [one.status for one in outcome.attempts]) == (True, [200])


@pytest.mark.parametrize("kind", sampled(TYPES, every=4))
@pytest.mark.parametrize("method", ["DELETE", "PUT"])
@pytest.mark.parametrize("algorithm", [CFB, GCM], ids=["CFB", "GCM"])
def test_each_value_is_encrypted_by_itself(
    quick: Api,
    endpoint: Endpoint,
    send: Deliver,
    method: str,
    kind: str,
    algorithm: dict[str, str],
):
    attach(quick, endpoint.url, method, enc=algorithm, headers=json.dumps(BASIC))
    assert send(message(kind)).delivered
    (request,) = endpoint.arrived
    assert request.headers["authorization"] == BASIC["Authorization"]
    cipher = Cipher(Encryption(algorithm=algorithm["algo"], key=KEY, iv=algorithm["IV"]))
    arrived = values(request)
    assert {name: cipher.decrypt(value) for name, value in arrived.items()} == message(kind)
    assert arrived != message(kind)


def test_what_is_encrypted_is_what_the_standard_says(quick: Api, endpoint: Endpoint, send: Deliver):
    attach(quick, endpoint.url, "POST", enc=GCM)
    send(message(body="Grüße"))
    sealed = base64.b64decode(values(endpoint.arrived[0])["body"])
    opened = AESGCM(KEY.encode()).decrypt(IV[:12].encode(), sealed, None)
    assert opened.decode() == "Grüße"


def test_the_template_stays_as_it_is_but_for_its_placeholders(
    quick: Api, endpoint: Endpoint, send: Deliver
):
    url = endpoint.url + "/a%2Fb;c?x=%3Cbody%3E&y=<nobody>&z=<body>&é=~"
    attach_own(quick, http_method="GET", url=url, body=None)
    send(message(body='1 "&'))
    attach_own(quick, url=url, body='{"a": "é \\u00e9 <body>", "n": 1.50, "b":[]}')
    send(message(body='1 "&'))
    query, body = endpoint.arrived
    # what is not ASCII has no other form in HTTP
    left, right = "/hook/a%2Fb;c?x=%3Cbody%3E&y=<nobody>&z=", "&%C3%A9=~"
    assert query.target == f"{left}1%20%22%26{right}"
    assert body.target == f"{left}<body>{right}"  # the URL of a POST is no template
    assert body.body.decode() == '{"a": "é \\u00e9 1 \\"&", "n": 1.50, "b":[]}'


@pytest.mark.parametrize(
    ("headers", "sent"),
    [
        ({}, "application/json"),
        ({"content-TYPE": "text/plain"}, "text/plain"),
    ],
    ids=["assumed", "given"],
)
def test_a_body_says_what_it_is(
    quick: Api, endpoint: Endpoint, send: Deliver, headers: dict[str, str], sent: str
):
    attach(quick, endpoint.url, "POST", headers=json.dumps(headers | {"X-Team": "7"}))
    send(message())
    arrived = endpoint.arrived[0].headers
    assert (arrived["content-type"], arrived["x-team"]) == (sent, "7")


def test_a_query_has_no_body_and_no_type(quick: Api, endpoint: Endpoint, send: Deliver):
    attach(quick, endpoint.url, "GET", headers=json.dumps(BASIC))
    send(message())
    (request,) = endpoint.arrived
    assert request.headers["authorization"] == BASIC["Authorization"]
    assert "content-type" not in request.headers
    assert request.body == b""


def test_a_naive_platform_breaks_queries_and_json(quick: Api, endpoint: Endpoint, send: Deliver):
    text = 'a&b=1+1 #"\n\\é'
    url = endpoint.url + "?body=<body>&from=<from>"
    attach_own(quick, http_method="GET", url=url, body=None)
    send(message(body=text), naive=True)
    attach_own(quick, url=endpoint.url, body='{"body": "<body>"}')
    send(message(body=text), naive=True)
    query, body = endpoint.arrived
    assert query.target == "/hook?body=a&b=1+1%20"  # the rest is a fragment
    assert body.body.decode() == '{"body": "' + text + '"}'


def test_a_number_without_a_profile_has_its_incoming_url_called(
    quick: Api, endpoint: Endpoint, send: Deliver
):
    setting = {"wa_number": ONE, "incoming_url": endpoint.url + "?keep=1&text=<body>"}
    assert quick("PUT", V1_NUMBER, setting).status == 200
    endpoint.statuses += [500] * 33
    outcomes = [send(message("hostile")) for _ in range(11)]
    assert not any(outcome.delivered for outcome in outcomes)
    assert len(endpoint.arrived) == 33  # there is no profile that could be disabled
    unsent = ("mime_type", "custom_response", "contacts", "location")
    added = {name: text for name, text in message("hostile").items() if name not in unsent}
    first = endpoint.arrived[0]
    assert (first.method, values(first)) == ("GET", {"text": message("hostile")["body"], **added})


def test_the_profile_comes_before_an_incoming_url(quick: Api, endpoint: Endpoint, send: Deliver):
    setting = {"wa_number": ONE, "incoming_url": endpoint.url + QUERY}
    assert quick("PUT", V1_NUMBER, setting).status == 200
    attach(quick, endpoint.url, "POST")
    send(message())
    assert [request.method for request in endpoint.arrived] == ["POST"]


def test_an_unknown_number_is_not_found(quick: Api, send: Deliver):
    with pytest.raises(NotFound, match=r"\+15550100099 was not found in the sandbox$"):
        send(message(), number="+15550100099")
    assert quick.sandbox.store.messages() == []


@pytest.mark.parametrize(
    "host",
    ["example.com", "192.168.1.7", "localhost.example.com", "127.0.0.1@example.com", "128.0.0.1"],
)
def test_a_remote_endpoint_is_refused(quick: Api, send: Deliver, host: str):
    attach(quick, f"http://{host}/hook", "POST")
    with pytest.raises(Unsafe) as caught:
        send(message())
    assert "--allow-remote" in (caught.value.hint or "")
    assert quick.sandbox.store.messages() == []


@pytest.mark.parametrize(
    ("host", "allow_remote"),
    [("127.0.0.1", False), ("localhost:1", False), ("[::1]:8080", False), ("example.com", True)],
)
def test_a_message_may_go_to(quick: Api, host: str, allow_remote: bool):
    attach(quick, f"http://{host}/hook", "GET")
    sent = Incoming(number=ONE, type="text", fields=message())
    outgoing = prepare(quick.sandbox.store, sent, allow_remote=allow_remote)
    assert outgoing.url.startswith(f"http://{host}/hook?keep=1&body=")


def test_a_value_cannot_choose_the_host(quick: Api):
    attach_own(quick, http_method="GET", url="http://127.0.0.1<body>/", body=None)
    sent = Incoming(number=ONE, type="text", fields=message(body="@example.com"))
    with pytest.raises(Unsafe, match=r"on example\.com,"):
        prepare(quick.sandbox.store, sent, naive=True)
    with pytest.raises(Unsafe, match=r"on 127\.0\.0\.1%40example\.com,"):
        prepare(quick.sandbox.store, sent)


def test_an_endpoint_that_is_no_address_is_named(quick: Api, send: Deliver):
    attach(quick, "http://127.0.0.1:99999/hook", "POST")
    with pytest.raises(ConfigError, match="is not the address of a server"):
        send(message())


def test_a_request_does_not_show_its_headers():
    request = Outgoing("", "GET", "http://h/", {"Authorization": "secret"}, None)
    assert "secret" not in repr(request)


def test_a_number_without_anything_gets_nothing(quick: Api, send: Deliver):
    outcome = send(message())
    assert isinstance(outcome.error, CheckFailed)
    assert outcome.error.message == f"{ONE} has no profile attached, so nothing was delivered"
    assert (outcome.id, outcome.delivered, outcome.attempts) == ("wm-1", False, ())
    (kept,) = quick.sandbox.store.messages()
    assert (kept["fields"], kept["delivered"]) == (message(), False)


def test_a_number_that_is_pending_gets_nothing(quick: Api, send: Deliver):
    outcome = send(message(), number="+15550100009")
    assert str(outcome.error) == "+15550100009 is pending and receives no messages"


def test_a_number_whose_profile_was_deleted_gets_nothing(
    quick: Api, endpoint: Endpoint, send: Deliver
):
    profile = attach(quick, endpoint.url, "POST")
    quick.sandbox.store.delete_profile(profile)
    assert str(send(message()).error) == (f"profile {profile} of {ONE} no longer exists")
    assert endpoint.arrived == []
