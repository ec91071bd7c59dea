"""Emulators that several tests of attaching run on, and a clock for those about Ctrl-C."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from tests.conftest import HIDDEN
from tests.fake_api import make_api
from tests.provision.attaching import emulator, stocked
from wacb.api.client import Client


@pytest.fixture(params=["V1", "not in the listing"])
def unshown(request: pytest.FixtureRequest) -> Client:
    """The emulator with two profiles, where nothing shows what a number carries."""
    if request.param == "V1":
        return emulator(stocked(profiles=2), api=make_api(waba_id=None))
    return emulator(stocked(profiles=2, contract=HIDDEN))


@pytest.fixture
def ticking() -> Iterator[None]:
    """Wake the main thread all the time: a signal right before it falls asleep goes unnoticed."""
    before = signal.signal(signal.SIGALRM, lambda number, frame: None)
    signal.setitimer(signal.ITIMER_REAL, 0.005, 0.005)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)
