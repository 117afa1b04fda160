"""The near end of a session, in parts: what is typed to this program, what was left on, and how settings are told."""

from __future__ import annotations

import asyncio
import os
import pty
import termios
from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.drivers.terminal.escapes import Escape, Escapes
from atp_tui.drivers.terminal.left_on import LeftOn
from atp_tui.drivers.terminal.near import MOST_UNSENT, PIECE, NearTerminal
from atp_tui.drivers.terminal.settings import raw, told
from atp_tui.model.shell import Size

from .ssh_links import until

L, H = Escape.LEAVE, Escape.HELP


def pieces(data: bytes, cuts: list[int]) -> Iterator[bytes]:
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return (data[begin:end] for begin, end in pairwise(places))


CASES = [
    (b"ls\r", b"ls\r", ()),
    (b"~.", b"", (L,)),
    (b"a~.\r", b"a~.\r", ()),
    (b"a\r~.b", b"a\r", (L,)),
    (b"a\n~.", b"a\n", (L,)),
    (b"~~.", b"~.", ()),
    (b"~~~.", b"~~.", ()),
    (b"~a", b"~a", ()),
    (b"~\r~.", b"~\r", (L,)),
    (b"~?~?~.", b"", (H, H, L)),
    (b"\xff~.", b"\xff~.", ()),
    ("ä\r~.".encode(), "ä\r".encode(), (L,)),
]


@given(st.sampled_from(CASES), st.lists(st.integers(0, 20)))
def test_a_tilde_counts_at_the_beginning_of_a_line_alone(
    case: tuple[bytes, bytes, tuple[Escape, ...]], cuts: list[int]
) -> None:
    typed, sent, asked = case
    escapes, gone = Escapes(), b""
    found: list[Escape] = []
    for piece in pieces(typed, cuts):
        if L in found:
            break
        more, acts = escapes.feed(piece)
        gone += more
        found += acts
    assert (gone, tuple(found)) == (sent, asked)


LEFT = [
    (b"plain \xff words", b""),
    (b"\x1b[?1000;1006h", b"\x1b[?1000l\x1b[?1006l"),
    (b"\x1b[?1000h\x1b[?1000l", b""),
    (b"\x1b[?25l\x1b[?7l", b"\x1b[?25h\x1b[?7h"),
    (b"\x1b[?25l\x1b[?25h", b""),
    (b"\x1b[?1049h\x1b[?2004h\x1b[?1l", b"\x1b[?2004l\x1b[?1049l"),
    (b"\x1b[?12h\x1b[?99999999999999h", b""),
    (b"\x1b[4h\x1b[20h\x1b[20l\x1b[12h\x1b[77h", b"\x1b[4l"),
    (b"\x1b[1;31m", b"\x1b[m"),
    (b"\x1b[1;31mx\x1b[0m", b""),
    (b"\x1b[31mx\x1b[m", b""),
    (b"\x1b=\x1b[>4;2m", b"\x1b>\x1b[>4m"),
    (b"\x1b=\x1b>\x1b[>4;2m\x1b[>4m", b""),
    (b"\x1b(0\x0e", b"\x0f\x1b(B\x1b)B"),
    (b"\x1b(0q\x1b(B\x0e\x0f", b""),
    (b"\x1b[3;20r", b"\x1b[r\x1b[999;1H"),
    (b"\x1b[3;20r\x1b[r", b""),
    (b"\x1b[5 q", b"\x1b[0 q"),
    (b"\x1b[5 q\x1b[0 q", b""),
    (b"\x1b[>1u\x1b[>5u\x1b[<u", b"\x1b[<1u\x1b[=0u"),
    (b"\x1b[>1u\x1b[?1049h\x1b[>1u", b"\x1b[<1u\x1b[=0u\x1b[?1049l\x1b[<1u\x1b[=0u"),
    (b"\x1b[>1u\x1b[>1u\x1b[<1:2u", b"\x1b[<1u\x1b[=0u"),
    (b"\x1b[>1u\x1b[<" + b"9" * 5000 + b"u", b""),
    (b"\x1b[=5;1u", b"\x1b[<1u\x1b[=0u"),
    (b"\x1b[?1000h\x1b[31m\x1bc", b""),
    (b"\x1b[?1000h\x1b[?25l\x1b[!p", b"\x1b[?1000l"),
    (b"\x1b]0;title\x07", b""),
    (b"\x1b]0;title\x1b\\", b""),
    (b"\x1b]0;no end", b"\x18\x1b\\"),
    (b"\x1b[?10", b"\x18\x1b\\"),
    (b"\x1b", b"\x18\x1b\\"),
    (b"\x1bP+q\x0e", b"\x18\x1b\\"),
]


@given(st.sampled_from(LEFT), st.lists(st.integers(0, 40)))
def test_what_was_left_on_is_turned_off_and_nothing_else(case: tuple[bytes, bytes], cuts: list[int]) -> None:
    written, undone = case
    left = LeftOn()
    for piece in pieces(written, cuts):
        left.feed(piece)
    assert left.undo() == undone


def test_a_region_of_the_whole_terminal_is_none() -> None:
    for written, undone in ((b"\x1b[1;40r", b""), (b"\x1b[1;39r", b"\x1b[r\x1b[999;1H"), (b"\x1b[2;40r\x1b[;40r", b"")):
        left = LeftOn()
        left.rows = 40
        left.feed(written)
        assert left.undo() == undone


@given(
    st.lists(st.binary(max_size=200) | st.sampled_from([b"\x1b[", b"?1049", b"h", b"\x1b]", b"u", b";", b"\x1b[<1:"]))
)
def test_what_undoes_leaves_nothing_to_undo_whatever_came(written: list[bytes]) -> None:
    left = LeftOn()
    for piece in written:
        left.feed(piece)
    left.feed(left.undo())
    assert left.undo() == b"" and not left.speaks


class Far:
    def __init__(self) -> None:
        self.came = bytearray()
        self.sizes: list[Size] = []
        self.left = False

    def write(self, data: bytes) -> None:
        self.came += data

    def write_eof(self) -> None: ...

    def resize(self, size: Size) -> None:
        self.sizes.append(size)

    def leave(self) -> None:
        self.left = True


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    leader, follower = pty.openpty()
    yield leader, follower
    for each in (leader, follower):
        os.close(each)


async def test_a_terminal_that_takes_nothing_holds_the_far_side_up_and_never_the_loop(
    terminal: tuple[int, int],
) -> None:
    leader, follower = terminal
    before = termios.tcgetattr(follower)
    near = NearTerminal(follower, follower)
    with near.taken():
        assert termios.tcgetattr(follower) == raw(before) != before
        room = None
        while room is None:
            room = near.output("stdout", b"x" * 4096)
        assert not room.done()
        came = 0
        while not room.done():
            came += len(os.read(leader, 65536))
            await asyncio.sleep(0)
        assert came, "what it takes makes room"
        while near.output("stdout", b"\x1b[?1000h") is None:
            pass
    assert termios.tcgetattr(follower) == before, "it is given back though it takes nothing"
    assert os.get_blocking(follower), "the shell's own descriptor is as it was"


async def test_a_tilde_is_heard_while_the_far_side_takes_nothing(terminal: tuple[int, int]) -> None:
    leader, follower = terminal
    near, far = NearTerminal(follower, follower), Far()
    with near.taken():
        near.begun(far)
        near.pause_writing()
        os.write(leader, b"abc\r~.")
        await until(lambda: far.left, "nobody leaves")
        assert far.came == b"abc\r"


async def test_what_is_pasted_for_a_far_side_that_takes_nothing_is_bounded(terminal: tuple[int, int]) -> None:
    leader, follower = terminal
    os.set_blocking(leader, False)
    near, far = NearTerminal(follower, follower), Far()
    with near.taken():
        near.begun(far)
        near.pause_writing()
        sent, more = 0, 200
        while more:
            more -= len(far.came) > MOST_UNSENT  # then it is read no more, however often it is tried
            with suppress(BlockingIOError):
                sent += os.write(leader, b"y" * 4096)
            await asyncio.sleep(0)
        assert len(far.came) <= MOST_UNSENT + PIECE
        near.resume_writing()
        await until(lambda: len(far.came) == sent, "the rest did not come")


async def test_a_terminal_that_is_hung_up_leaves(terminal: tuple[int, int]) -> None:
    leader, follower = pty.openpty()
    near, far = NearTerminal(follower, follower), Far()
    with near.taken():
        near.begun(far)
        os.close(leader)
        await until(lambda: far.left, "nobody leaves")
    os.close(follower)


def test_settings_are_told_as_ssh_tells_them(terminal: tuple[int, int]) -> None:
    _, follower = terminal
    settings = termios.tcgetattr(follower)
    settings[6][termios.VERASE] = b"\x08"
    settings[6][termios.VSUSP] = b"\x00"
    settings[3] &= ~termios.ECHO
    found = dict(told(settings))
    assert (found[3], found[10], found[1]) == (8, 255, 3)
    assert (found[53], found[51], found[36], found[72]) == (0, 1, 1, 1)
