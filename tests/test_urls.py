from __future__ import annotations

import pytest

from wacb.errors import ConfigError
from wacb.net.httpx_transport import proxy_for
from wacb.urls import Address, parse_address


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


@pytest.mark.parametrize(
    ("environment", "url", "proxy"),
    [
        ({}, "https://a.example", None),
        ({"HTTPS_PROXY": "http://p:3128"}, "https://a.example", "http://p:3128"),
        ({"https_proxy": "p:3128"}, "https://a.example", "http://p:3128"),
        ({"HTTPS_PROXY": "https://me:pw@p"}, "https://a.example", "https://me:pw@p"),
        ({"HTTP_PROXY": "http://p"}, "https://a.example", None),
        ({"HTTP_PROXY": "http://p"}, "http://a.example", "http://p"),
        ({"ALL_PROXY": "http://p"}, "https://a.example", "http://p"),
        ({"HTTPS_PROXY": "http://p", "NO_PROXY": "a.example"}, "https://a.example", None),
        ({"HTTPS_PROXY": "http://p", "NO_PROXY": ".example"}, "https://a.example:8443", None),
        ({"HTTPS_PROXY": "http://p", "NO_PROXY": "*"}, "https://a.example", None),
        ({"HTTPS_PROXY": "http://p", "NO_PROXY": "[::1],b"}, "https://a.example", "http://p"),
        ({"ALL_PROXY": "http://p"}, "http://127.0.0.1:8080", None),
        ({"ALL_PROXY": "http://p"}, "http://127.1", None),
        ({"ALL_PROXY": "http://p"}, "http://[::1]:8080", None),
        ({"ALL_PROXY": "http://p"}, "https://localhost", None),
        ({"ALL_PROXY": "socks5://p"}, "http://localhost", None),
    ],
    ids=str,
)
def test_the_environment_names_the_proxy_but_never_for_loopback(
    environment: dict[str, str], url: str, proxy: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert proxy_for(parse_address(url)) == proxy


@pytest.mark.parametrize(
    "proxy", ["socks5://p:1080", "http://", "http://p:99999", "ftp://p", "p q"]
)
def test_a_proxy_that_cannot_be_used_is_refused_without_showing_it(
    proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(ConfigError) as caught:
        proxy_for(parse_address("https://a.example"))
    assert (caught.value.message, caught.value.hint) == (
        "HTTPS_PROXY (or ALL_PROXY) names no proxy that can be used",
        "write http://HOST:PORT, or unset it; SOCKS is not supported",
    )
