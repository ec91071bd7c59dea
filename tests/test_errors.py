"""Every error class has its exit code, its code and its word on trying again."""

from __future__ import annotations

import re

import pytest

from wacb import errors
from wacb.errors import (
    BulkFailed,
    ConsentRequired,
    DeadlineExceeded,
    NotFound,
    NotReached,
    Unavailable,
    Unsafe,
    WacbError,
)

TABLE = {
    "WacbError": (1, "unexpected", False),
    "BulkFailed": (1, "bulk_failed", False),
    "InvalidInput": (2, "invalid_input", False),
    "TemplateError": (2, "invalid_template", False),
    "ConfigError": (3, "config", False),
    "Redirected": (3, "redirected", False),
    "AuthenticationFailed": (4, "credentials_refused", False),
    "NotFound": (5, "not_found", False),
    "ApiRejected": (6, "api_refused", False),
    "Unavailable": (7, "unavailable", True),
    "DeadlineExceeded": (7, "deadline_exceeded", True),
    "NotReached": (7, "not_tried", True),
    "OutcomeUnknown": (7, "outcome_unknown", True),
    "CheckFailed": (8, "check_failed", False),
    "Unsafe": (9, "refused", False),
    "ConsentRequired": (9, "refused", False),
    "Ambiguous": (9, "ambiguous", False),
    "Interrupted": (130, "interrupted", False),
    "Skipped": (130, "not_tried", False),
}


def tree(root: type[WacbError]) -> list[type[WacbError]]:
    return [root, *(each for child in root.__subclasses__() for each in tree(child))]


CLASSES = [cls for cls in tree(WacbError) if cls.__module__ == "wacb.errors"]


def test_every_class_stands_in_the_table_and_in_the_drawing():
    drawn = re.findall(r"^[^\w\n]*(\w+) +(\d+|\*)  ", errors.__doc__ or "", re.MULTILINE)
    assert [cls.__name__ for cls in CLASSES] == list(TABLE)
    assert drawn == [
        (name, "*" if name == "BulkFailed" else str(exit_code))
        for name, (exit_code, _, _) in TABLE.items()
    ]


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_a_class_says_its_exit_code_its_code_and_whether_to_try_again(cls):
    assert (cls.exit_code, cls.code, cls.retryable) == TABLE[cls.__name__]
    assert cls.__doc__


def test_every_code_is_given_once():
    shared = (ConsentRequired, NotReached)  # as that of Unsafe, and of Skipped
    codes = [cls.code for cls in CLASSES if cls not in shared]
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_an_error_carries_what_it_was_told_and_nothing_else(cls):
    bare = cls("it broke")
    assert (str(bare), bare.message) == ("it broke", "it broke")
    assert (bare.hint, bare.status, bare.api_code, bare.details) == (None, None, None, ())
    given = {"hint": "mend it", "status": 404, "api_code": "RBC302", "details": ("here", "there")}
    full = cls("it broke", **given)
    assert full.message == "it broke"
    assert {name: getattr(full, name) for name in given} == given


@pytest.mark.parametrize("cls", tree(Unavailable), ids=lambda cls: cls.__name__)
def test_a_request_counts_as_sent_unless_it_is_certain_that_it_was_not(cls):
    assert cls("it broke").sent is True
    assert cls("it broke", sent=False).sent is False


def test_an_error_in_one_line_has_its_hint():
    assert WacbError("it broke").in_one_line == "it broke"
    assert WacbError("it broke", hint="mend it").in_one_line == "it broke; mend it"


@pytest.mark.parametrize(
    ("failures", "exit_code"),
    [
        ((Unavailable, DeadlineExceeded), 7),
        ((Unsafe,), 9),
        ((Unsafe, Unavailable), 1),
        ((), 1),
    ],
    ids=["alike", "only one", "different", "none"],
)
def test_many_failures_end_with_the_code_that_they_agree_on(failures, exit_code):
    error = BulkFailed("3 of 4 failed", [cls("it broke") for cls in failures], hint="run it again")
    assert (error.exit_code, error.message, error.hint) == (
        exit_code,
        "3 of 4 failed",
        "run it again",
    )
    assert BulkFailed.exit_code == 1


@pytest.mark.parametrize(("lines", "rest"), [(20, ()), (21, ("and 1 more",))], ids=["20", "21"])
def test_many_failures_are_told_once_each_and_at_most_twenty(lines, rest):
    errors = [NotFound(f"no {n}", hint="look" if n else None) for n in range(lines)]
    told = ("no 0", *(f"no {n}; look" for n in range(1, 20)), *rest)
    assert BulkFailed("all failed", [*errors, *errors]).details == told


def test_many_failures_may_be_told_in_other_words():
    errors = [Unsafe("no", hint="look")]
    assert BulkFailed("all failed", errors, details=[]).details == ()
    told = BulkFailed("all failed", errors, details=["same"] * 22).details
    assert told == ("same",) * 20 + ("and 2 more",)
