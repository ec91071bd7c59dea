"""Two machines and an operator, kills at any step, lost answers, and views that hide."""

from __future__ import annotations

import pytest

from tests.examples import examples, few
from tests.machine.machine import MACHINES, Machine, argue


@pytest.mark.parametrize("part", few(range(4), 1))
@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.__name__)
def test_nothing_is_believed_and_nothing_is_lost(machine: type[Machine], part: int):
    argue(machine, part, examples(60))
