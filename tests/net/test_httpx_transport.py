from __future__ import annotations

import pytest

from wacb.errors import ConfigError
from wacb.net.httpx_transport import proxy_for
from wacb.urls import parse_address


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
        "HTTPS_PROXY (or ALL_PROXY) is not a valid proxy URL",
        "set it to http://HOST:PORT or unset it; SOCKS is not supported",
    )
