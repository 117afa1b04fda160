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
