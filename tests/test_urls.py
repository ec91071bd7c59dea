from __future__ import annotations

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wacb.errors import ConfigError, InvalidInput
from wacb.urls import (
    Address,
    Endpoint,
    check_endpoint,
    default_title,
    host_of,
    is_local_host,
    is_loopback,
    parameters,
    parse_address,
    parse_endpoint,
    split_origin,
    split_query,
)
from wacb.urls.compare import same_url
from wacb.validation import check_title


@pytest.mark.parametrize(
    ("url", "host", "netloc", "target"),
    [
        ("https://a.example", "a.example", "a.example", "/"),
        ("https://a.example:8443/x/../y/.", "a.example", "a.example:8443", "/x/../y/."),
        ("https://A.example?q=<body>&r=\"'", "a.example", "A.example", "/?q=<body>&r=\"'"),
        ("https://a.example/%7e%zz?a=%3c#fragment", "a.example", "a.example", "/%7e%zz?a=%3c"),
        ("https://a.example/\\^`{|}", "a.example", "a.example", "/\\^`{|}"),
        ("https://a.example/ü?q=😀", "a.example", "a.example", "/%C3%BC?q=%F0%9F%98%80"),
        ("https://me:secret@a.example/", "a.example", "a.example", "/"),
        ("https://[::1]:80/x", "::1", "[::1]:80", "/x"),
        ("HTTPS://a.example.", "a.example.", "a.example.", "/"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_a_url_is_taken_apart_without_changing_its_target(
    url: str, host: str, netloc: str, target: str
) -> None:
    address = parse_address(url)
    assert address == Address(scheme="https", host=host, netloc=netloc, target=target)
    assert address.origin == f"https://{netloc}"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("", "''"),
        ("a.example/x", "''"),
        ("ftp://a.example/x", "'a.example'"),
        ("https:///x?key=secret", "''"),
        ("https://a.example/x y?secret", "'a.example'"),
        ("https://a.example/\r\nX-Evil: secret", "'a.example'"),
        ("https://a\t.example/?secret", "'a\\t.example'"),
        ("https://me:secret@/x", "''"),
        ("https://a..example/", "'a..example'"),
        ("https://.example/", "'.example'"),
        (f"https://{'a' * 64}.example/", f"'{'a' * 64}.example'"),
        ("https://a.example:99999/", "'a.example:99999'"),
        ("https://a.example:0/", "'a.example:0'"),
        ("https://a.example:http/", "'a.example:http'"),
        ("https://[::1/", "'[::1'"),
    ],
)
def test_what_is_no_address_is_refused_showing_only_the_host(url: str, shown: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_address(url)
    assert (caught.value.message, caught.value.hint) == (
        f"{shown} is not the address of a server",
        "write a URL like https://api.example.com, with a valid host and port",
    )


HOOK = "https://example.com/hook"


def error_of(check, *args, **options) -> tuple[str, str | None]:
    with pytest.raises(InvalidInput) as caught:
        check(*args, **options)
    return caught.value.message, caught.value.hint


# endpoints


@pytest.mark.parametrize(
    "url",
    [
        *(HOOK, "https://example.com", "HTTPS://EXAMPLE.com", "https://example.com."),
        *("https://example.com:8443/x", "https://example.com:65535", "https://example.com:1"),
        *("https://a_b.example.com", "https://xn--bcher-kva.example/", f"https://{'a' * 63}.com"),
        *("https://example.com/%20%3C?a=%0A", "https://example.com/a%zz", "https://example.com/é"),
        *("https://example.com/<body>?a=[1]&b=(2)*'!$,;:@~", "https://example.com?a=b"),
        *("https://8.8.8.8", "https://[2606:4700::1111]:443/x", "https://[::ffff:8.8.8.8]/"),
    ],
)
def test_a_public_https_endpoint_is_returned_as_it_stands(url):
    url = url.replace("é", "%C3%A9")
    assert check_endpoint(url) == url


@pytest.mark.parametrize(
    "url", [f"https://{'.'.join(['a' * 61] * 4)}.abcde", f"https://{'a.' * 126}b."]
)
def test_a_host_of_253_characters_is_taken(url):
    assert check_endpoint(url) == url


NO_HOST = "the URL {!r} has no valid host or port"
CHARACTER = "remove it or percent-encode it (a host: in its xn-- form)"
UNENCRYPTED = "use https://, or pass --allow-http"


@pytest.mark.parametrize(
    "url",
    [
        *("https://", "https:///x", "https://?a=b", "https:/example.com", "https:example.com"),
        *("https://.", "https://..", "https://.example.com", "https://a..example.com"),
        *("https://-a.example.com", "https://a-.example.com", "https://example.com.."),
        *(f"https://{'a' * 64}.com", f"https://{'a.' * 126}bb"),
        *("https://ex%61mple.com", "https://exa$mple.com", "https://a;b.com", "https://a<b>.com"),
        *("https://example.com:x", "https://example.com:0", "https://example.com:000"),
        *("https://example.com:65536", "https://example.com:+80", "https://example.com:-1"),
        *("https://example.com:80:80", "https://example.com:1_0", "https://example.com:/x"),
        *("https://https://example.com/hook", "https://[::1]:"),
        *(
            "https://192.168.1.256",
            "https://1.2.3.4.5",
            "https://example.123",
            "https://example.1.",
        ),
        *("https://[::1", "https://::1]", "https://[::1]x", "https://x[::1]", "https://[::1]:x"),
        *("https://[zz::1]", "https://[1.2.3.4]", "https://[v1.a:b]", "https://64:ff9b::1"),
        *("https://[fe80::1%25eth0]", "https://[]"),
    ],
)
def test_an_endpoint_without_a_valid_host_or_port_is_refused(url):
    assert error_of(check_endpoint, url, allow_local=True) == (NO_HOST.format(url), None)


@pytest.mark.parametrize(
    ("url", "message", "hint"),
    [
        pytest.param("", "the URL is empty", "use a URL like https://example.com/hook", id="empty"),
        pytest.param(
            "ftp://example.com",
            "the URL 'ftp://example.com' does not start with https://",
            None,
            id="scheme",
        ),
        pytest.param(
            "//example.com",
            "the URL '//example.com' does not start with https://",
            None,
            id="no scheme",
        ),
        pytest.param(
            "http://example.com",
            "messages to the URL 'http://example.com' would be unencrypted",
            UNENCRYPTED,
            id="http",
        ),
        pytest.param(
            f"{HOOK}#top",
            f"the URL '{HOOK}#top' has a fragment (#…), which is never sent",
            "remove it",
            id="fragment",
        ),
        pytest.param(
            f"{HOOK}#",
            f"the URL '{HOOK}#' has a fragment (#…), which is never sent",
            "remove it",
            id="empty fragment",
        ),
        pytest.param(
            "https://me:CANARY@example.com/",
            "the URL contains user info (before the @), which is never sent",
            "use --basic-auth USER for a password",
            id="user info",
        ),
        pytest.param(
            "https://@example.com/",
            "the URL contains user info (before the @), which is never sent",
            "use --basic-auth USER for a password",
            id="empty user info",
        ),
    ],
)
def test_an_endpoint_is_refused_with_a_reason(url, message, hint):
    assert error_of(check_endpoint, url) == (message, hint)


@pytest.mark.parametrize(
    "character",
    [*'\r\n\t\0\x1b\x7f "\\^`{|}', "\u00e9", "\u0663", "\u200b", "\u2028", "\U0001f600", "\ud800"],
)
@pytest.mark.parametrize(
    "url",
    ["{}https://example.com", "https://exam{}ple.com/", "https://example.com/{}", f"{HOOK}{{}}"],
)
def test_a_character_that_no_url_may_hold_is_named(url, character):
    text = url.replace("{}", character)
    assert error_of(check_endpoint, text) == (
        f"the URL {text!r} contains an invalid character: {character!r}",
        CHARACTER,
    )


@pytest.mark.parametrize(
    "url",
    [
        "https://me:CANARY@exam ple.com",
        "https://me:CANARY@example.com:x",
        "https://me:x/CANARY@example.com",
        "ftp://me:CANARY@example.com",
        "http:me:CANARY@example.com",
        "https://me:CANARY#@example.com",
        "https:///me:CANARY@example.com",
    ],
)
def test_a_refused_url_is_not_repeated_where_it_may_hold_a_password(url):
    message, hint = error_of(check_endpoint, url)
    assert message.partition("the URL")[1]
    assert "CANARY" not in f"{message} {hint}"


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "LOCALHOST.", "api.localhost", "printer.local", "db.internal", "hook"),
        *("127.0.0.1", "127.1", "0x7f000001", "2130706433", "0177.0.0.1", "0", "0.0.0.0"),
        *("10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.1.1", "100.64.0.1", "192.0.2.1"),
        *("255.255.255.255", "224.0.0.1", "012.1"),
        *("[::1]", "[::]", "[fe80::1]", "[fc00::1]", "[::ffff:10.0.0.1]", "[::ffff:7f00:1]"),
        *("[ff02::1]", "[2001:db8::1]"),
    ],
)
@pytest.mark.parametrize("port", ["", ":8080"])
def test_a_local_endpoint_is_refused_unless_allowed(host, port):
    url = f"https://{host}{port}/hook"
    shown = host.strip("[]").lower()
    assert error_of(check_endpoint, url) == (
        f"{shown} can only be reached from this machine or its network, so Kaleyra cannot "
        "deliver there",
        "use a public address, such as a tunnel's, or pass --allow-local",
    )
    assert check_endpoint(url, allow_local=True) == url


def test_plain_http_is_allowed_on_request_and_says_nothing_about_the_host():
    assert check_endpoint("http://example.com", allow_http=True) == "http://example.com"
    with pytest.raises(InvalidInput):
        check_endpoint("http://localhost", allow_http=True)
    url = "http://127.0.0.1:8080/hook?a=b"
    assert check_endpoint(url, allow_http=True, allow_local=True) == url


URL_PIECES = st.sampled_from(
    (
        *("https://", "http://", "example.com", "localhost", "127.0.0.1", "[::1]", ":", "443"),
        *("/", "?", "#", "@", "%", "<body>", ".", "..", "-", "[", "]", "xn--", "\t", "\u00fc", "&"),
    )
)


@given(
    url=st.text() | st.lists(URL_PIECES | st.text(max_size=3), max_size=10).map("".join),
    prefix=st.sampled_from(("", "https://", "https://example.com/")),
    http=st.booleans(),
    local=st.booleans(),
)
def test_any_text_is_returned_as_an_endpoint_or_is_invalid_input(url, prefix, http, local):
    text = prefix + url
    try:
        returned = check_endpoint(text, allow_http=http, allow_local=local)
    except InvalidInput:
        return
    assert returned == text
    assert text.isascii()
    assert text.lower().startswith(("https://", "http://") if http else "https://")
    assert check_title(default_title(text))


@pytest.mark.parametrize(
    ("host", "loopback", "local"),
    [
        *((host, True, True) for host in ("localhost", "LocalHost.", "127.0.0.1", "127.8.9.1")),
        *((host, True, True) for host in ("127.1", "::1", "::ffff:127.0.0.1", "2130706433")),
        *((host, False, True) for host in ("10.0.0.1", "fe80::1%eth0", "hook", "a.localhost", "")),
        *((host, False, False) for host in ("example.com", "8.8.8.8", "localhost.example.com")),
        *((host, False, False) for host in ("127.0.0.1.example.com", "2606:4700::1111")),
        *((host, False, False) for host in ("example.local.com", "a.b\0", "\u00fc.\u00fc")),
    ],
)
def test_loopback_and_local_hosts_are_told_by_name_or_address(host, loopback, local):
    assert is_loopback(host) is loopback
    assert is_local_host(host) is local


@given(host=st.text() | st.text("0123456789abcdefx.:%", max_size=20))
def test_any_host_is_judged_without_an_error(host):
    assert not is_loopback(host) or is_local_host(host)


@pytest.mark.parametrize(
    ("url", "title"),
    [
        pytest.param(HOOK, "wacb-incoming-example-com-hook", id="path"),
        pytest.param("https://example.com/", "wacb-incoming-example-com", id="root"),
        pytest.param("https://example.com", "wacb-incoming-example-com", id="no path"),
        pytest.param(
            "https://example.com:8443/hook", "wacb-incoming-example-com-8443-hook", id="port"
        ),
        pytest.param(
            "https://a_b.example.com/in_box/", "wacb-incoming-a_b-example-com-in_box", id="_"
        ),
        pytest.param(
            "https://example.com/a/./%20b--c?d=e", "wacb-incoming-example-com-a-20b--c", id="runs"
        ),
        pytest.param("https://[2606:4700::1]/x", "wacb-incoming--2606-4700-1--x", id="IPv6"),
    ],
)
def test_the_default_title_names_host_and_path(url, title):
    assert default_title(url) == title
    assert check_title(title) == title


@given(host=st.text("0127x.", max_size=12) | st.text("0123456789abcdefxX.", max_size=20))
def test_an_address_is_read_as_the_system_reads_it(host: str):
    try:
        expected = socket.inet_aton(host)[0] == 127
    except OSError:
        expected = False
    assert is_loopback(host) == expected


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        ("HTTPS://me:pw@A.example/x?y#z", Endpoint("https", "a.example", 443, "/x")),
        ("http://a.example:8080", Endpoint("http", "a.example", 8080, "/")),
        ("//[::1]/", Endpoint("", "::1", None, "/")),
        ("https://[oops/", Endpoint("", "", None, "")),
    ],
)
def test_an_endpoint_is_what_a_url_points_at(url: str, endpoint: Endpoint):
    assert parse_endpoint(url) == endpoint


@pytest.mark.parametrize(
    ("url", "host"),
    [("https://me:pw@A.example:80/x", "A.example:80"), ("/x", ""), ("https://[oops/", "")],
)
def test_the_host_of_a_url_keeps_its_port(url: str, host: str):
    assert host_of(url) == host


@given(st.text("ab?&=<>;lt%#", max_size=30))
def test_a_query_is_put_together_again(url: str):
    endpoint, query = split_query(url)
    texts = [each.text for each in parameters(query)]
    assert url == endpoint + ("" if query is None else "?" + "&".join(texts))
    assert all(each.text.startswith(each.key) for each in parameters(query))
    assert "".join(split_origin(url)) == url


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://[::1]:443/", "https://[::1]", True),
        ("https://[::1]:8443/", "https://[::1]/", False),
        ("http://h.example:", "http://h.example:80/", True),
        ("https://h.example/a/b/..", "https://h.example/a/", True),
        ("https://h.example/../a", "https://h.example/a", True),
        ("https://h.example/?a=%7e", "https://h.example/?a=~", True),
        ("https://h.example?a=.", "https://h.example/?a=.", True),
        ("https://h.example/?a=<%62ody>", "https://h.example/?a=<body>", False),
        ("https://h.example/?a=%3cbody%3e", "https://h.example/?a=<body>", False),
        ("https://u:P@h.example/", "https://u:p@h.example/", False),
        (f"https://{'x' * 70}.example/", f"https://{'X' * 70}.example", True),
        ("not a URL", "NOT A URL", False),
    ],
)
def test_urls_are_the_same_but_for_how_they_are_written(one: str, other: str, same: bool):
    assert same_url(one, other) is same
