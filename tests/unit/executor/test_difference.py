"""What differs between two answers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from atp_tui.executor.difference import DIFF_LINES, changes


def test_a_difference_is_short() -> None:
    assert changes(b"one\nTWO\nthree", b"one\ntwo\nthree") == [(("-", b"two"),), (("+", b"TWO"),)]
    assert changes(b"same", b"same") == []
    assert changes(b"a\nb\nc", b"a\nc") == [(("+", b"b"),)]
    many = b"\n".join(str(n).encode() for n in range(100))
    assert len(changes(many, b"")) == DIFF_LINES
    assert changes(b"x" * 100_000, b"y") == []


def test_lines_that_have_much_in_common_differ_in_words() -> None:
    (change,) = changes(b"kernel 6.1.0-56 on amd64", b"kernel 6.1.0-49 on amd64")
    assert change == ((" ", b"kernel 6.1.0-"), ("-", b"49"), ("+", b"56"), (" ", b" on amd64"))
    assert changes(b"a " * 500, b"b a" * 400)[0][0][0] in "+-", "a line of very many words is told whole"


def test_many_short_lines_are_too_long_to_compare() -> None:
    """32,000 lines that repeat took 2.3 s of the event loop."""
    there, here = (b"\n".join(b"%d" % (number % step) for number in range(1100)) for step in (50, 51))
    assert changes(here, there) == []


texts = st.lists(st.sampled_from([b"a", b"b", b" ", b"\xff", b"x=1", b"\n"]), max_size=12).map(b"".join)


@given(texts, texts)
def test_both_lines_can_be_read_out_of_a_change(output: bytes, reference: bytes) -> None:
    found = changes(output, reference)
    assert bool(found) == (output != reference)
    here, there = output.split(b"\n"), reference.split(b"\n")
    for change in found:
        after = b"".join(text for sign, text in change if sign != "-")
        before = b"".join(text for sign, text in change if sign != "+")
        assert all(sign != "-" for sign, _ in change) or before in there
        assert all(sign != "+" for sign, _ in change) or after in here
