"""The machine finds planted faults; `python -m tests.bench.planted` tries all of them."""

from __future__ import annotations

import pytest

from tests.machine import faults
from tests.machine.faults import FAULTS, Plant
from tests.machine.machine import search

QUICK = (  # to find
    faults.journal_afterwards,
    faults.prune_by_belief,
    faults.look_for_no_lost_create,
    faults.create_again,
    faults.undo_a_rollback,
)


@pytest.mark.thorough
@pytest.mark.parametrize("plant", QUICK, ids=lambda plant: plant.__name__)
def test_a_planted_fault_is_found(plant: Plant):
    assert search(FAULTS[plant], plant, 300)
