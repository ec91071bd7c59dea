"""Two machines and an operator, kills at any step, lost responses and incomplete views."""

from __future__ import annotations

import pytest

from tests.examples import examples, few
from tests.machine.machine import MACHINES, Machine, argue


@pytest.mark.parametrize("part", few(range(4), 1))
@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.__name__)
def test_commands_promise_only_what_is_true_and_lose_nothing(machine: type[Machine], part: int):
    argue(machine, part, examples(60))
