"""A Session's ways to a host: proxies and TLS."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.fault_server import FaultServer, Peer, answer
from wacb.errors import ConfigError, Unavailable, WacbError
from wacb.net.failures import unusable_certificates
from wacb.net.message import Response
from wacb.net.session import Session
from wacb.net.timeout import Deadline

TARGET = "/a/../b/./%7e%zz?body=<body>&x=\"'\\^`{|}"


@pytest.fixture
def session() -> Iterator[Session]:
    with closing(Session(timeout=5, deadline=Deadline(60))) as session:
        yield session


def get(session: Session, url: str) -> Response:
    return session.send("GET", url, headers={"api-key": "secret"})


def failure(session: Session, url: str) -> WacbError:
    with pytest.raises(WacbError) as caught:
        get(session, url)
    return caught.value


# -- proxies


@pytest.fixture
def named_proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultServer]:
    """A proxy that answers for itself, as a forward proxy may."""
    with FaultServer() as server:
        monkeypatch.setenv("HTTP_PROXY", server.url.replace("//", "//me:pw@"))
        yield server


def test_a_forward_proxy_gets_the_whole_url_unchanged(
    named_proxy: FaultServer, session: Session
) -> None:
    for _ in range(2):
        get(session, f"http://api.example.test{TARGET}")
    assert named_proxy.connections == 1
    for request in named_proxy.requests:
        first, *others = request.decode().split("\r\n")
        assert first == f"GET http://api.example.test{TARGET} HTTP/1.1"
        assert "Proxy-Authorization: Basic bWU6cHc=" in others
        assert "Host: api.example.test" in others


def test_loopback_never_goes_through_a_proxy(named_proxy: FaultServer, session: Session) -> None:
    with FaultServer() as server:
        get(session, server.url)
        assert (len(server.requests), len(named_proxy.requests)) == (1, 0)


def test_a_tunnel_carries_the_target_unchanged(
    certificate: Path, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tunnel(peer: Peer) -> bool:
        peer.read()
        peer.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
        peer.start_tls()
        return True

    with FaultServer(tunnel, "ok", certificate=certificate) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        for _ in range(2):
            assert get(session, f"https://api.example.test{TARGET}").status == 200
        assert proxy.connections == 1
        connect, *requests = proxy.requests
        assert connect.startswith(b"CONNECT api.example.test:443 HTTP/1.1\r\n")
        assert b"api-key" not in connect
        assert [request.split(b"\r\n")[0].decode() for request in requests] == [
            f"GET {TARGET} HTTP/1.1"
        ] * 2


@pytest.mark.parametrize(
    ("script", "problem", "hint"),
    [
        (
            "refused",
            "cannot connect to {peer}: Connection refused",
            "check the network, and the host set by --region or --base-url; "
            "check HTTPS_PROXY and NO_PROXY",
        ),
        (
            answer(403, b"no"),
            "cannot connect to {peer}, which answered 403",
            "set HTTPS_PROXY to another proxy, or add the host to NO_PROXY",
        ),
        (
            answer(407),
            "cannot connect to {peer}, which answered 407",
            "set HTTPS_PROXY with a user and password: http://USER:PASSWORD@HOST:PORT",
        ),
        (
            "garbage",
            "{peer} closed the connection, or did not answer with HTTP",
            "try again later; a proxy or firewall may be interfering",
        ),
        (
            "silent",
            "{peer} did not answer within 0.2 s",
            "try again, or pass a longer --timeout",
        ),
    ],
    ids=["dead", "403", "407", "garbage", "silent"],
)
def test_a_proxy_that_opens_no_tunnel_lets_nothing_be_sent(
    script: str | bytes, problem: str, hint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    timeout = 0.2 if script == "silent" else 5
    with (
        FaultServer(script) as proxy,
        closing(Session(timeout=timeout, deadline=Deadline(60))) as session,
    ):
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        error = failure(session, "https://api.example.test/?secret")
        peer = f"api.example.test through the proxy 127.0.0.1:{proxy.port}"
        assert isinstance(error, Unavailable)
        assert (error.message, error.hint, error.sent) == (problem.format(peer=peer), hint, False)


def test_a_proxy_that_dns_does_not_know_is_named(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "p." * 150 + "example"
    monkeypatch.setenv("HTTPS_PROXY", f"http://{name}:3128")
    error = failure(session, "https://api.example.test/")
    assert error.message.startswith(f"the host {name}:3128 cannot be found: ")


# -- TLS


def test_a_certificate_named_by_the_environment_is_trusted(
    certificate: Path, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with FaultServer("self-signed", certificate=certificate) as server:
        assert [get(session, server.url).status for _ in range(2)] == [200, 200]
        assert server.connections == 1


def test_a_name_that_is_not_in_the_certificate_is_not_trusted(
    certificate: Path, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with FaultServer("self-signed", certificate=certificate) as server:
        error = failure(session, server.url.replace("127.0.0.1", "localhost"))
    assert error.message.startswith(
        f"localhost:{server.port} shows a certificate that is not trusted: Hostname mismatch"
    )
    assert error.hint == (
        "check this machine's clock; behind a TLS-inspecting proxy, set SSL_CERT_FILE "
        "to its CA certificate"
    )


def test_certificates_that_no_variable_names_are_told_of_too() -> None:
    assert unusable_certificates().message == (
        "the CA certificates cannot be read: SSL_CERT_FILE is not set"
    )


@pytest.mark.parametrize("content", [None, "", "no certificate"])
def test_a_ca_file_that_cannot_be_read_matters_to_https_only(
    content: str | None, tmp_path: Path, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    with FaultServer() as server:
        assert get(session, server.url).status == 200
        error = failure(session, server.url.replace("http:", "https:"))
    assert (type(error), error.message, error.hint) == (
        ConfigError,
        f"the CA certificates cannot be read: SSL_CERT_FILE is {path}",
        "set SSL_CERT_FILE to a file of PEM certificates, or unset it",
    )
