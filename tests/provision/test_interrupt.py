"""What is said of a request that a signal interrupts."""

from __future__ import annotations

import pytest

from wacb.errors import Interrupted, Skipped
from wacb.provision.interrupt import report_interrupt


def test_what_was_never_sent_is_not_said_to_be_unknown() -> None:
    with pytest.raises(Skipped), report_interrupt("it may have been done", hint="look"):
        raise Skipped("not sent")
    with pytest.raises(Interrupted) as caught, report_interrupt("it may be done", hint="look"):
        raise Interrupted("closed")
    assert (caught.value.message, caught.value.hint) == ("interrupted; it may be done", "look")
