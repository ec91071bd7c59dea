"""One emulator, reached in this process and over HTTP: what a test asks of one holds for both."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sandbox.shells import (
    Api,
    Clock,
    make_sandbox,
    sends_in_process,
    sends_over_http,
    serving,
)
from wacb.sandbox.emulator import Sandbox


@pytest.fixture(scope="session")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def shared_sandbox(clock: Clock) -> Sandbox:
    return make_sandbox(clock=clock)


@pytest.fixture(scope="session")
def address(shared_sandbox: Sandbox) -> Iterator[str]:
    with serving(shared_sandbox, slow=0.01, drip=0.0001) as host:
        yield host


@pytest.fixture(params=["in process", "over HTTP"])
def api(request: pytest.FixtureRequest, shared_sandbox: Sandbox, clock: Clock) -> Api:
    shared_sandbox.reset()
    clock.now = Clock.now
    if request.param == "in process":
        return Api(shared_sandbox, sends_in_process(shared_sandbox, lambda _: None), clock)
    return Api(shared_sandbox, sends_over_http(request.getfixturevalue("address")), clock)


@pytest.fixture
def quick(shared_sandbox: Sandbox, clock: Clock) -> Api:
    """The emulator in process only, for what no shell can change."""
    shared_sandbox.reset()
    clock.now = Clock.now
    return Api(shared_sandbox, sends_in_process(shared_sandbox, lambda _: None), clock)
