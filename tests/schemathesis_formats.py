"""Values for the formats that the document of `wacb api openapi` names, loaded by schemathesis."""

from __future__ import annotations

import json

import schemathesis
from hypothesis import strategies as st

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=10)
VALUES = st.none() | st.booleans() | st.integers() | TEXT

for name, values in {
    "json-object": st.dictionaries(TEXT, VALUES, max_size=3),
    "json-headers": st.dictionaries(TEXT, TEXT, max_size=3),
    "json-strings": st.lists(TEXT, max_size=3),
}.items():
    schemathesis.openapi.format(name, values.map(json.dumps))
