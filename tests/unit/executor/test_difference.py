"""What differs between two answers."""

from __future__ import annotations

from atp_tui.executor.difference import DIFF_LINES, diff


def test_a_difference_is_short() -> None:
    assert diff(b"one\nTWO\nthree", b"one\ntwo\nthree") == [b"- two", b"+ TWO"]
    assert diff(b"same", b"same") == []
    assert diff(b"--- x\n\xff", b"+++ y") == [b"- +++ y", b"+ --- x", b"+ \xff"]
    many = b"\n".join(str(n).encode() for n in range(100))
    assert len(diff(many, b"")) == DIFF_LINES
    assert diff(b"x" * 100_000, b"y") == []


def test_many_short_lines_are_too_long_to_compare() -> None:
    """32,000 lines that repeat took 2.3 s of the event loop."""
    there, here = (b"\n".join(b"%d" % (number % step) for number in range(1100)) for step in (50, 51))
    assert diff(here, there) == []
