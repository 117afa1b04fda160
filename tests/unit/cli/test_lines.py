"""Output as lines with the host before each, however it is cut into pieces."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.cli import lines
from atp_tui.cli.lines import HostLines, indented
from atp_tui.model.text import safe, safe_bytes


@pytest.fixture(autouse=True)
def short_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "LONGEST", 8)


def shown(*pieces: tuple[str, bytes], ended: str = "ab") -> str:
    said: list[str] = []
    stream = HostLines(said.append)
    for host, data in pieces:
        stream.add(host, data)
    for host in ended:
        stream.end(host)
    return "".join(said)


def test_lines_wait_for_their_end() -> None:
    assert shown(("a", b"on"), ("b", b"x\ny"), ("a", b"e\r\n\ntwo")) == "b: x\na: one\na: \na: two\nb: y\n"
    assert shown(("a", b""), ("b", b"\n")) == "b: \n"


def test_a_long_line_goes_on_where_nobody_else_speaks_and_is_broken_where_one_does() -> None:
    long = [("a", b"12345678"), ("a", b"9"), ("a", b"0123456789")]
    assert shown(*long, ("a", b"end\nnext\n")) == "a: 1234567890123456789end\na: next\n"
    assert shown(*long, ("b", b"x\n"), ("a", b"end\n")) == "a: 1234567890123456789\nb: x\na: end\n"
    assert shown(*long, ("b", b"x\n"), ("a", b"\nnext\n")) == "a: 1234567890123456789\nb: x\na: next\n"
    assert shown(*long, ("b", b"x\n"), ("a", b"\n")) == "a: 1234567890123456789\nb: x\n"
    assert shown(*long) == "a: 1234567890123456789\n"


def test_no_character_is_torn() -> None:
    text = "äöü€𝄞" * 9
    for size in range(1, 12):
        data = text.encode()
        assert shown(*(("a", data[at : at + size]) for at in range(0, len(data), size))) == f"a: {text}\n"


@given(st.lists(st.tuples(st.sampled_from("ab"), st.text("x\nü\r", max_size=20).map(str.encode)), max_size=20))
def test_every_character_of_every_host_comes_in_its_order(pieces: list[tuple[str, bytes]]) -> None:
    printed = shown(*pieces)
    for host in "ab":
        data = b"".join(piece for name, piece in pieces if name == host).decode()
        said = "".join(line[3:] for line in printed.splitlines() if line.startswith(f"{host}: "))
        expected = "".join(safe(line.removesuffix("\r")) for line in data.split("\n"))
        assert said.replace("␍", "") == expected.replace("␍", "")


@given(st.binary(max_size=60), st.integers(1, 20))
def test_an_indented_output_is_its_lines_however_many_are_taken_at_a_time(output: bytes, size: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "_AT_A_TIME", size)
        assert indented(output, safe("> ")) == "".join(f"> {safe_bytes(line)}\n" for line in output.split(b"\n"))


def test_a_million_lines_are_not_as_many_objects() -> None:
    """They took 75 MB before they were joined."""
    output = b"ab\n" * 1_000_000
    tracemalloc.start()
    try:
        assert len(indented(output, safe("  "))) == 5_000_003
        assert tracemalloc.get_traced_memory()[1] < 40_000_000
    finally:
        tracemalloc.stop()
