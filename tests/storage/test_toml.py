from __future__ import annotations

from pathlib import Path

import pytest

from wacb.errors import ConfigError
from wacb.storage.toml import parse_toml

CANARY = "canary-0123456789"


CLOSE = "a string is not closed"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('a = "x\nb = 1', CLOSE),
        ("a = 'x\nb = 1", CLOSE),
        ('a = """x', CLOSE),
        ("[numbers\n", "a ] is missing"),
        ('+15550100001 = "a"', "a key with other characters than A-Z a-z 0-9 - _ needs quotes"),
        (
            'headers = {\n  Accept = "a",\n  \\',
            "a table in { } stands on one line, without a comma at its end",
        ),
    ],
)
def test_what_people_get_wrong_in_toml_is_named(tmp_path: Path, text: str, reason: str):
    with pytest.raises(ConfigError) as caught:
        parse_toml(tmp_path / "x.toml", text)
    assert caught.value.hint == f"{reason}; fix it in an editor"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        pytest.param(f'a = 1\nkey = "{CANARY}', "", id="unterminated"),
        pytest.param(f"a = 1\nb = 2\nkey = {CANARY}", " (line 3)", id="no quotes"),
        pytest.param(f"a = {{{CANARY} = 1, {CANARY} = 2}}", " (line 1)", id="duplicate key"),
        pytest.param("a = " + "[" * 5000, "", id="too deep"),
        pytest.param("a = " + "9" * 5000, "", id="too long a number"),
    ],
)
def test_broken_toml_is_named_by_its_line_and_never_quoted(tmp_path, text, place):
    with pytest.raises(ConfigError) as caught:
        parse_toml(tmp_path / "x.toml", text)
    assert caught.value.message == f"{tmp_path / 'x.toml'} is not valid TOML{place}"
    assert CANARY not in repr(caught.value)
    assert caught.value.__cause__ is None and caught.value.__context__ is None
