"""A full or a read-only disk, for the time of a `with`."""

from __future__ import annotations

import ctypes
import os
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def full_disk(limit: int = 0) -> Iterator[None]:
    """Let no file grow beyond `limit` bytes, which binds root as well."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    no_bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # it would stay cut off
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        sys.dont_write_bytecode = no_bytecode
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Let nothing in `folder` and below be written; root gives up what lets it do so."""
    modes = {path: path.stat().st_mode for path in (folder, *folder.rglob("*"))}
    for path, mode in modes.items():
        path.chmod(mode & 0o555)
    try:
        with _bound_by_modes():
            yield
    finally:
        for path, mode in modes.items():
            path.chmod(mode)


@contextmanager
def _bound_by_modes() -> Iterator[None]:
    """Drop CAP_DAC_OVERRIDE (bit 1) from what this thread may do (capget(2))."""
    if os.geteuid() != 0:
        yield
        return
    libc = ctypes.CDLL(None)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    before, after = (ctypes.c_uint32 * 6)(), (ctypes.c_uint32 * 6)()
    for sets in (before, after):
        assert libc.capget(header, sets) == 0
    after[0] &= ~(1 << 1)
    assert libc.capset(header, after) == 0
    try:
        yield
    finally:
        libc.capset(header, before)
