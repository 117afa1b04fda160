"""A fence tells of each error, and has the log told of each kind once and then by its number."""

from __future__ import annotations

import errno
import logging

import pytest

from atp_tui.model.fence import Fence
from atp_tui.model.message import text

LOG = logging.getLogger("atp_tui.here")


def first() -> None:
    raise KeyError("a")


def second() -> None:
    raise KeyError("b")


def caught(fence: Fence, act: object, host: str = "kvm01", failed: str = "reading %s failed") -> str:
    try:
        act()  # type: ignore[operator]
    except Exception as error:  # noqa: BLE001 - whatever it is
        return str(fence.caught(error, failed, host))
    raise AssertionError


def test_a_kind_is_what_was_done_the_class_and_the_place(caplog: pytest.LogCaptureFixture) -> None:
    fence = Fence(LOG)
    for number in range(120):
        assert caught(fence, first, f"kvm{number}") == "its answer cannot be read (KeyError, see the log)"
    caught(fence, second)
    caught(fence, first, failed="drawing %s failed")
    told = [(record.getMessage(), record.exc_info is not None) for record in caplog.records]
    assert told == [
        ("reading kvm0 failed", True),
        ("reading kvm9 failed (KeyError, 10 times so far)", False),
        ("reading kvm99 failed (KeyError, 100 times so far)", False),
        ("reading kvm01 failed", True),
        ("drawing kvm01 failed", True),
    ]


def test_a_limit_of_this_machine_is_told_as_that_and_is_no_defect(caplog: pytest.LogCaptureFixture) -> None:
    fence = Fence(LOG)
    assert "memory" in str(fence.caught(MemoryError(), "reading %s failed", "kvm01"))
    assert "open files" in str(fence.caught(OSError(errno.EMFILE, "x"), "reading %s failed", "kvm01"))
    assert caplog.records == []


def test_a_room_may_have_words_of_its_own() -> None:
    assert str(Fence(LOG).caught(ValueError(), "%s", "kvm01", text("cannot be drawn"))) == "cannot be drawn"
