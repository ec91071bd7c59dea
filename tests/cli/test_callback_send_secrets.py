"""`callback send` and secrets: who gets them, what is encrypted with them, that none is shown."""

from __future__ import annotations

import json
from base64 import b64decode
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from tests.cli.conftest import Showing
from tests.cli.expect import NAMES, failed
from tests.cli.sending import SEND, create, got
from tests.conftest import Wacb, profile_id
from tests.fault_server import FaultServer, answer
from wacb.sandbox.emulator import Sandbox


def test_a_secret_that_the_endpoint_repeats_is_masked(live: Wacb):
    said = b"canary-word canary-token Y2FuYXJ5LXdvcmQ odd-secret"
    with FaultServer(answer(200, said)) as server:
        secrets = ("--basic-auth", "me", "--header-env", "X-Token=T", "--header-env", "X-Key=K")
        env = {"T": "Bearer canary-token", "K": "Basic odd-secret"}
        create(live, server.url, *secrets, env={**env, "WACB_BASIC_AUTH_PASSWORD": "canary-word"})
        for form in ("tsv", "json"):
            outcome = live(*SEND, "--profile", "Incoming", "-o", form, "-vv")
            assert outcome.code == 0
            both = outcome.out + outcome.err
            assert "canary" not in both
            assert "odd-secret" not in both
            assert "Y2FuYXJ5" not in both
            assert "*** *** *** ***" in outcome.out


def test_the_password_of_an_endpoint_is_not_shown(live: Wacb, over: Wacb, sandbox: Sandbox):
    create(live, "https://example.com/hook")
    network = Showing(sandbox, b"https://", b"https://me:canary-word@")
    outcome = over(network, *SEND, "--profile", "Incoming", "--dry-run")
    assert outcome.out.startswith("curl -X POST https://example.com/hook -H ")


def test_only_the_endpoints_host_gets_the_secrets_of_a_template(live: Wacb):
    create(live, "https://example.com/hook?token=canary", method="get")
    line = (*SEND, "--profile", "Incoming", "--dry-run", "--to")
    other = live(*line, "https://other.example/hook")
    assert other.out.startswith("curl -X GET 'https://other.example/hook?token=***&body=")
    said = "token in the template is sent as ***, as it may be a secret and --to is another host"
    assert other.err == f"note: {said}\n"
    assert "?token=canary&" in live(*line, "https://example.com/other").out


def decrypted(value: str, algorithm: str, key: str, iv: str) -> str:
    """What openssl's algorithms make of a value, without wacb."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        from cryptography.hazmat.decrepit.ciphers.modes import CFB
    except ImportError:
        from cryptography.hazmat.primitives.ciphers.modes import CFB
    sealed = b64decode(value)
    if algorithm.endswith("GCM"):
        return AESGCM(key.encode()).decrypt(iv.encode(), sealed, None).decode()
    step = Cipher(algorithms.AES(key.encode()), CFB(iv.encode())).decryptor()
    return (step.update(sealed) + step.finalize()).decode()


KEY = "0123456789abcdef"
KEYS = {"AES-128-CFB": ("synthetic-key-16", KEY), "AES-128-GCM": (KEY, KEY[:12])}


def write_key(path: Path, algorithm: str) -> Path:
    key, iv = KEYS[algorithm]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'algorithm = "{algorithm}"\nkey = "{key}"\niv = "{iv}"\n')
    path.chmod(0o600)
    return path


def encrypted_profile(live: Wacb, url: str, path: Path, algorithm: str) -> None:
    key = ("--encrypt", algorithm, "--encrypt-key-file", str(write_key(path, algorithm)))
    create(live, url, *key)


@pytest.mark.parametrize("algorithm", KEYS)
def test_values_are_encrypted_with_the_key_that_the_api_shows(
    live: Wacb, server: FaultServer, tmp_path: Path, algorithm: str
):
    encrypted_profile(live, server.url, tmp_path / "k.toml", algorithm)
    assert live(*SEND, "--profile", "Incoming", "--set", "body=Grüße").code == 0
    fields = json.loads(got(server)[2])
    assert list(fields) == NAMES
    assert decrypted(fields["body"], algorithm, *KEYS[algorithm]) == "Grüße"
    assert decrypted(fields["from"], algorithm, *KEYS[algorithm]) == "15550123456"


def test_a_key_that_the_api_hides_is_read_from_a_file(
    live: Wacb, over: Wacb, sandbox: Sandbox, server: FaultServer, tmp_path: Path
):
    encrypted_profile(live, server.url, tmp_path / "k.toml", "AES-128-CFB")
    network = Showing(sandbox, b'"key"', b'"hidden"')
    line = (*SEND, "--profile", profile_id(1), "--set", "body=Hello")
    missing = failed(
        3,
        f"profile {profile_id(1)} uses encryption, but the API does not show its key",
        "pass the file that holds it as --encrypt-key-file",
    )
    assert over(network, *line) == missing
    assert over(network, *line, "--encrypt-key-file", str(tmp_path / "k.toml")).code == 0
    write_key(tmp_path / "home/.local/state/wacb/keys/Incoming.toml", "AES-128-CFB")
    assert over(network, *line).code == 0
    for request in (-1, -2):
        sealed = json.loads(got(server, request)[2])["body"]
        assert decrypted(sealed, "AES-128-CFB", *KEYS["AES-128-CFB"]) == "Hello"
    network.api = Showing(sandbox, b'"Incoming"', b'"../keys/Incoming"')
    assert over(network, *line) == missing
    assert len(server.requests) == 2


def test_a_key_of_another_algorithm_is_refused(live: Wacb, server: FaultServer, tmp_path: Path):
    encrypted_profile(live, server.url, tmp_path / "k.toml", "AES-128-CFB")
    other = write_key(tmp_path / "other.toml", "AES-128-GCM")
    said = f"the key in {other} is for AES-128-GCM, but {profile_id(1)} uses AES-128-CFB"
    line = (*SEND, "--profile", "Incoming", "--encrypt-key-file", str(other))
    assert live(*line) == failed(3, said)


def test_a_key_file_encrypts_for_a_url_and_not_for_a_plain_profile(
    live: Wacb, server: FaultServer, tmp_path: Path
):
    file = write_key(tmp_path / "k.toml", "AES-128-CFB")
    key = ("--encrypt-key-file", str(file))
    line = (*SEND, "--method", "get", "--to", server.url, "--set", "body=Hello")
    assert live(*line, *key).code == 0
    query = dict(parse_qsl(got(server)[0].split()[1].partition("?")[2]))
    assert decrypted(query["body"], "AES-128-CFB", *KEYS["AES-128-CFB"]) == "Hello"
    create(live, server.url)
    said = f"the key in {file} is for AES-128-CFB, but {profile_id(1)} does not use encryption"
    assert live(*SEND, "--profile", "Incoming", *key) == failed(3, said)


SECRETS = ("--basic-auth", "me", "--header-env", "X-Token=T", "--header", "X-Plain: p")
ENV = {"T": "canary-token", "WACB_BASIC_AUTH_PASSWORD": "canary-word"}


def test_only_the_endpoints_host_gets_the_headers(live: Wacb, server: FaultServer):
    create(live, "https://example.com/hook", *SECRETS, env=ENV)
    line = (*SEND, "--profile", "Incoming", "--dry-run", "-o", "json", "--to")
    other = live(*line, "https://other.example/hook")
    (request,) = json.loads(other.out)["requests"]
    assert request["url"] == "https://other.example/hook"
    assert request["headers"] == {"content-type": "application/json"}
    notes = other.err.splitlines()
    assert notes == [
        f"note: header {name} is not sent, as it may be a secret and --to is another host"
        for name in ("X-Plain", "X-Token", "Authorization")
    ]
    own = live(*line, "https://example.com/other")
    assert set(json.loads(own.out)["requests"][0]["headers"]) == {
        *("X-Token", "Authorization", "X-Plain", "content-type")
    }
    assert live(*SEND, "--profile", "Incoming", "--to", server.url).code == 0
    assert got(server)[1]["x-token"] == "canary-token"
