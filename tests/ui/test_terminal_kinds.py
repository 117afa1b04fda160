"""Terminals of all kinds and sizes: the screen starts there, shows the fleet, and nothing of it is garbled."""

from __future__ import annotations

import fcntl
import re
import signal
import struct
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest

from atp_tui.ui.widgets.too_small import LEAST

from .real_terminal import Terminal

ASCII = {"LANG": "C"}

KINDS = {
    "screen": {"TERM": "screen", "COLORTERM": ""},
    "screen-256color": {"TERM": "screen-256color", "COLORTERM": ""},
    "tmux": {"TERM": "tmux-256color", "TMUX": "/nowhere,1,0"},
    "linux": {"TERM": "linux", "COLORTERM": ""},
    "kitty": {"TERM": "xterm-kitty"},
    "16 colours": {"TERM": "xterm", "COLORTERM": ""},
    "no colour": {"NO_COLOR": "1"},
    "ASCII": ASCII,
    "unknown": {"TERM": "never-heard-of", "COLORTERM": ""},
    "ASCII, 16 colours, none of them wanted": {"TERM": "vt100", "COLORTERM": "", "NO_COLOR": "1", **ASCII},
}
OF_16_COLOURS = ("screen", "linux", "16 colours", "unknown")
"""Terminals that are only known to have these: they are sent their own colours."""

COLOURS = re.compile(rb"\x1b\[([\d;]+)m")
TEXT, GROUND = re.compile(rb"(?:^|;)(?:38;|3[0-7]|9[0-7])"), re.compile(rb"(?:^|;)(?:48;|4[0-7]|10[0-7])")
SIZES = [(20, 5), (400, 120), (80, 24), (59, 14), LEAST, (200, 60), (20, 60), (400, 5), (120, 40)]


def demo(home: Path, **environment: str) -> Terminal:
    return Terminal(["demo", "--hosts", "2", "--seed", "1"], home, **environment)


@pytest.mark.parametrize("kind", KINDS)
def test_the_fleet_is_shown_and_nothing_is_garbled(kind: str, tmp_path: Path) -> None:
    terminal = demo(tmp_path, **KINDS[kind])
    plain = KINDS[kind].get("LANG") == "C" or KINDS[kind].get("TERM") == "linux"
    try:
        terminal.shows("kvm01", "kvm02", "+ 3" if plain else "● 3", "q quit")
        terminal.keys("?")
        terminal.shows("esc closes")
        terminal.keys("?t")
        terminal.shows("theme ")
        whole(terminal.text)
        assert terminal.text.isascii() or not plain
        sent = {found[1] for found in COLOURS.finditer(terminal.received)}
        assert any(map(TEXT.search, sent)) is ("NO_COLOR" not in KINDS[kind])
        assert any(map(GROUND.search, sent)) is ("NO_COLOR" not in KINDS[kind] and kind not in OF_16_COLOURS)
        terminal.keys("q")
        assert terminal.ended() == 0
        assert terminal.is_given_back()
    finally:
        terminal.close()


@pytest.fixture
def resized(tmp_path: Path) -> Iterator[Terminal]:
    terminal = demo(tmp_path)
    try:
        terminal.shows("kvm01", "● 3", "q quit")
        yield terminal
    finally:
        terminal.close()


def test_each_size_is_filled_or_says_what_it_needs(resized: Terminal) -> None:
    for columns, rows in SIZES:
        resized.received.clear()
        resized._screen.resize(rows, columns)
        resized._screen.reset()
        fcntl.ioctl(resized._slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        resized.process.send_signal(signal.SIGWINCH)
        small = columns < LEAST[0] or rows < LEAST[1]
        resized.shows(*(("Needs", f"has {columns}x{rows}") if small else ("kvm01", "● 3", "❯")))
        whole(resized.text)
        lines = resized.text.split("\n")
        assert len(lines) == rows and all(len(line) == columns for line in lines)
    resized.keys("q")
    assert resized.ended() == 0


def whole(text: str) -> None:
    """Nothing that a terminal should have taken for itself stands in the text, and no sign that could not be read."""
    assert "\ufffd" not in text and "\x1b" not in text
    assert not re.search(r"\[\??\d+[;\d]*[a-zA-Z]|\]\d+;|\d\$p", text), text
