"""A config file with accounts, and whose credentials went where."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from tests.fake_api import Network

CONFIG = """\
default_account = "prod"

[accounts.prod]
sid = "HXPROD0000001IN"
api_key = "key-of-prod-0001"
region = "in"
waba_id = "100000000000077"

[accounts.test]
sid = "HXTEST0000001IN"
api_key = "key-of-test-0001"
base_url = "https://test.kaleyra.example"

[accounts.bare]
sid = "HXBARE0000001IN"
api_key = "key-of-bare-0001"
"""
PROD = ("HXPROD0000001IN", "key-of-prod-0001", "api.in.kaleyra.io")
TEST = ("HXTEST0000001IN", "key-of-test-0001", "test.kaleyra.example")
BARE = ("HXBARE0000001IN", "key-of-bare-0001", "api.kaleyra.io")


def write(home: Path, text: str = CONFIG) -> Path:
    """Store a config where the program looks for it."""
    path = home / ".config/wacb/config.toml"
    path.parent.mkdir(parents=True, mode=0o700)
    path.write_text(text)
    path.chmod(0o600)
    return path


def reached(network: Network) -> list[tuple[str, str, str]]:
    """Whose SID and key went to which host."""
    found = []
    for sent in network.sent:
        url = urlsplit(sent.url)
        found.append((url.path.split("/")[2], sent.headers["api-key"], url.netloc))
    return list(dict.fromkeys(found))
