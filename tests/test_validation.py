"""The rules of titles, numbers, endpoints and headers."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wacb import urls, validation
from wacb.errors import InvalidInput

HOOK = "https://example.com/hook"


def error_of(check, *args, **options) -> tuple[str, str | None]:
    with pytest.raises(InvalidInput) as caught:
        check(*args, **options)
    return caught.value.message, caught.value.hint


# titles


@pytest.mark.parametrize("title", ["abc", "A-1", "a_b", "   ", "---", "Hook 2 of-3_", "a" * 300])
def test_a_title_of_three_plain_characters_or_more_is_taken(title):
    assert validation.check_title(title) == title


@pytest.mark.parametrize(
    "title",
    [
        pytest.param("", id="empty"),
        pytest.param("ab", id="2 characters"),
        pytest.param("abc\n", id="line feed at the end"),
        pytest.param("a\tbc", id="tab"),
        pytest.param("na\u00efve", id="diaeresis"),
        pytest.param("Gr\u00fc\u00dfe", id="umlaut"),
        pytest.param("\u0661\u0662\u0663", id="Arabic digits"),
        pytest.param("a.b", id="dot"),
    ],
)
def test_another_title_is_refused(title):
    assert error_of(validation.check_title, title) == (
        f"the title {title!r} is not allowed",
        "use at least 3 characters out of A-Z a-z 0-9, space, hyphen and underscore",
    )


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
    assert urls.default_title(url) == title
    assert validation.check_title(title) == title


# numbers


@pytest.mark.parametrize(
    ("text", "number"),
    [
        pytest.param("+919812345678", "+919812345678", id="E.164"),
        pytest.param("919812345678", "+919812345678", id="no plus"),
        pytest.param("00919812345678", "+919812345678", id="00"),
        pytest.param("00 91 98123-45678", "+919812345678", id="00 and separators"),
        pytest.param(" +1 (555) 010-0001 ", "+15550100001", id="parentheses and spaces"),
        pytest.param("+1.555.010.0001", "+15550100001", id="dots"),
        pytest.param("1234567", "+1234567", id="shortest"),
        pytest.param("123456789012345", "+123456789012345", id="longest"),
    ],
)
def test_a_number_is_brought_into_e164(text, number):
    assert validation.parse_number(text) == number


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("+", id="plus alone"),
        pytest.param("123456", id="6 digits"),
        pytest.param("1234567890123456", id="16 digits"),
        pytest.param("0919812345678", id="national"),
        pytest.param("+0919812345678", id="plus and zero"),
        pytest.param("000919812345678", id="three zeros"),
        pytest.param("++919812345678", id="two plus signs"),
        pytest.param("00+919812345678", id="00 and plus"),
        pytest.param("91+9812345678", id="plus inside"),
        pytest.param("+919812345678\n", id="line feed"),
        pytest.param("+91\u00a09812345678", id="no-break space"),
        pytest.param("+\u0661\u0662\u0663\u0664\u0665\u0666\u0667", id="Arabic digits"),
        pytest.param("+91981234567x", id="letter"),
    ],
)
def test_what_is_no_number_is_refused(text):
    assert error_of(validation.parse_number, text) == (
        f"{text!r} is not a phone number",
        "write it with its country code and 7 to 15 digits, like +919812345678",
    )


@given(
    digits=st.from_regex(r"[1-9][0-9]{6,14}", fullmatch=True),
    prefix=st.sampled_from(("", "+", "00", "(+", "0-0")),
    gaps=st.lists(st.sampled_from(("", " ", "-", ".", ") (")), min_size=15, max_size=15),
)
def test_any_number_is_read_whatever_separates_its_digits(digits, prefix, gaps):
    text = prefix + "".join(map("".join, zip(digits, gaps, strict=False)))
    assert validation.parse_number(text) == f"+{digits}"


@given(text=st.text() | st.text("0123456789+-(). \n\u0663", max_size=20))
def test_any_text_is_a_number_or_invalid_input(text):
    try:
        number = validation.parse_number(text)
    except InvalidInput:
        return
    assert re.fullmatch(r"\+[1-9][0-9]{6,14}", number)
    assert validation.parse_number(number) == number


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
    assert urls.check_endpoint(url) == url


@pytest.mark.parametrize(
    "url", [f"https://{'.'.join(['a' * 61] * 4)}.abcde", f"https://{'a.' * 126}b."]
)
def test_a_host_of_253_characters_is_taken(url):
    assert urls.check_endpoint(url) == url


NO_HOST = "the URL {!r} has no valid host or port"
CHARACTER = "remove it or percent-encode it (a host: in its xn-- form)"
UNENCRYPTED = "use https://, or allow it with --allow-http"


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
        *("https://example.com:80:80", "https://example.com:1_0"),
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
    assert error_of(urls.check_endpoint, url, allow_local=True) == (NO_HOST.format(url), None)


@pytest.mark.parametrize(
    ("url", "message", "hint"),
    [
        pytest.param(
            "", "the URL is empty", "give an endpoint like https://example.com/hook", id="empty"
        ),
        pytest.param(
            "ftp://example.com",
            "the URL 'ftp://example.com' does not begin with https://",
            None,
            id="scheme",
        ),
        pytest.param(
            "//example.com",
            "the URL '//example.com' does not begin with https://",
            None,
            id="no scheme",
        ),
        pytest.param(
            "http://example.com",
            "the URL 'http://example.com' would carry messages unencrypted",
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
            "the URL carries user info before an @, which is not sent",
            "use --basic-auth USER for a password",
            id="user info",
        ),
        pytest.param(
            "https://@example.com/",
            "the URL carries user info before an @, which is not sent",
            "use --basic-auth USER for a password",
            id="empty user info",
        ),
    ],
)
def test_an_endpoint_is_refused_with_a_reason(url, message, hint):
    assert error_of(urls.check_endpoint, url) == (message, hint)


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
    assert error_of(urls.check_endpoint, text) == (
        f"the URL {text!r} contains {character!r}, which no URL may hold",
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
    message, hint = error_of(urls.check_endpoint, url)
    assert message.startswith("the URL ")
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
    assert error_of(urls.check_endpoint, url) == (
        f"{shown} can only be reached from this machine or its network, so Kaleyra cannot "
        "deliver there",
        "give a public address (a tunnel to this machine has one), or --allow-local",
    )
    assert urls.check_endpoint(url, allow_local=True) == url


def test_plain_http_is_allowed_on_request_and_says_nothing_about_the_host():
    assert urls.check_endpoint("http://example.com", allow_http=True) == "http://example.com"
    with pytest.raises(InvalidInput):
        urls.check_endpoint("http://localhost", allow_http=True)
    url = "http://127.0.0.1:8080/hook?a=b"
    assert urls.check_endpoint(url, allow_http=True, allow_local=True) == url


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
        returned = urls.check_endpoint(text, allow_http=http, allow_local=local)
    except InvalidInput:
        return
    assert returned == text
    assert text.isascii()
    assert text.lower().startswith(("https://", "http://") if http else "https://")
    assert validation.check_title(urls.default_title(text))


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
    assert urls.is_loopback(host) is loopback
    assert urls.is_local_host(host) is local


@given(host=st.text() | st.text("0123456789abcdefx.:%", max_size=20))
def test_any_host_is_judged_without_an_error(host):
    assert not urls.is_loopback(host) or urls.is_local_host(host)


# headers


@pytest.mark.parametrize(
    ("text", "header"),
    [
        pytest.param("X-Team: red", ("X-Team", "red"), id="plain"),
        pytest.param("X-Team:red", ("X-Team", "red"), id="no space"),
        pytest.param(" X-Team :  a: b ", ("X-Team", "a: b"), id="spaces and a second colon"),
        pytest.param("!#$%&'*+.^_`|~-9aZ: ~", ("!#$%&'*+.^_`|~-9aZ", "~"), id="token characters"),
    ],
)
def test_a_header_is_split_at_its_first_colon(text, header):
    assert validation.parse_header(text) == header


NAME_HINT = "use letters, digits and hyphens"
NAME_RULE = "a header name is empty or holds a character that none may hold"


@pytest.mark.parametrize(
    "text", ["Authorization Bearer CANARY", "CANARY", ""], ids=["space", "word", "empty"]
)
def test_a_header_without_a_colon_is_refused_and_not_repeated(text):
    assert error_of(validation.parse_header, text) == (
        "a header has no colon",
        "write 'Name: value'",
    )


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(": CANARY", id="empty"),
        pytest.param("X Team: CANARY", id="space"),
        pytest.param("Authorization=Bearer CANARY: x", id="a value in it"),
        pytest.param("X-Team\n: CANARY", id="line break"),
        pytest.param("X-T\u00e9am: CANARY", id="not ASCII"),
        pytest.param("X(Team): CANARY", id="parentheses"),
    ],
)
def test_a_header_name_that_is_no_token_is_refused_and_not_repeated(text):
    assert error_of(validation.parse_header, text) == (NAME_RULE, NAME_HINT)


@pytest.mark.parametrize(
    "value", ["", "CANARY\r\nX-Evil: 1", "CANARY\n", "CANARY\tb", "CANARY\0", "CANARY\u00e9"]
)
def test_a_header_value_that_http_cannot_carry_is_refused_and_not_repeated(value):
    message = (
        "the value of header X-Team is empty or holds a line break, a control character or "
        "a character outside ASCII"
    )
    assert error_of(validation.check_header, "X-Team", value) == (message, None)
    assert error_of(validation.parse_header, f"X-Team: {value}") == (message, None)


@given(text=st.text() | st.tuples(st.text(max_size=5), st.text()).map(": ".join))
def test_any_text_is_a_header_or_invalid_input(text):
    try:
        name, value = validation.parse_header(text)
    except InvalidInput:
        return
    assert validation.check_header(name, value) == (name, value)
    assert re.fullmatch(r"[!-~]+", name)
    assert re.fullmatch(r"[ -~]+", value)
