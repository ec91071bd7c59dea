"""What is assumed of the Kaleyra API, as data. Code that rests on one names it after `assumed:`."""

from __future__ import annotations

from wacb.api.assumptions.callbacks import CALLBACKS
from wacb.api.assumptions.model import Assumption
from wacb.api.assumptions.numbers import NUMBERS
from wacb.api.assumptions.profiles import PROFILES

ASSUMPTIONS: dict[str, Assumption] = {each.id: each for each in (*PROFILES, *NUMBERS, *CALLBACKS)}
