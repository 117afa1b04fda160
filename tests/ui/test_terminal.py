"""The program as a person has it: a real process in a real terminal, read by pyte."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyte
import pytest

COLUMNS, ROWS = 120, 40
ENTERED, LEFT = b"\x1b[?1049h", b"\x1b[?1049l"
"""What takes the alternate screen, and gives it back."""

PATIENCE = 60.0
"""Seconds for anything to come about: a limit for hangs, no measure of speed."""


class Terminal:
    """A process on a pseudo-terminal, and what its screen shows."""

    def __init__(self, arguments: list[str], home: Path, **environment: str) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.before = termios.tcgetattr(slave)
        self._slave = slave
        self._screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self._screen)
        self.received = bytearray()
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("ATP_", "XDG_", "LC_"))},
            "HOME": str(home), "TMPDIR": str(home), "LANG": "C.UTF-8", "TERM": "xterm-256color",
            "COLORTERM": "truecolor", **environment,
        }  # fmt: skip
        self.process = subprocess.Popen(
            [sys.executable, "-m", "atp_tui", *arguments],
            stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True,
        )  # fmt: skip

    @property
    def text(self) -> str:
        return "\n".join(self._screen.display)

    @property
    def settings(self) -> list[object]:
        """The terminal's settings as they are now."""
        return termios.tcgetattr(self._slave)

    def is_given_back(self) -> bool:
        """Whether the terminal is as it was: echo and line mode, the screen from before, the cursor."""
        told = bytes(self.received)
        assert self.settings == self.before, "echo and line mode are back"
        assert told.rfind(LEFT) >= told.rfind(ENTERED), "the screen from before is back"
        assert told.rfind(b"\x1b[?25h") >= told.rfind(b"\x1b[?25l"), "the cursor is back"
        return True

    def read(self, seconds: float) -> None:
        """Take what comes within so long, at least what is there."""
        ready, _, _ = select.select([self._master], [], [], seconds)
        if ready:
            data = os.read(self._master, 65536)
            self.received += data
            # pyte takes CSI with intermediate bytes for text: the modes it does not know are not of interest here
            self._stream.feed(data)

    def until(self, holds: Callable[[], object]) -> None:
        end = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < end, self.text
            self.read(0.1)

    def shows(self, *texts: str) -> None:
        """Wait until all these stand on the screen."""
        self.until(lambda: all(text in self.text for text in texts))

    def keys(self, text: str) -> None:
        os.write(self._master, text.encode())

    def ended(self) -> int:
        """Wait for the process; its exit status."""
        self.until(lambda: self.process.poll() is not None)
        self.read(0.2)
        return self.process.wait()

    def close(self) -> None:
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        os.close(self._master)
        os.close(self._slave)


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Terminal]:
    terminal = Terminal(["demo", "--hosts", "4", "--seed", "1"], tmp_path)
    try:
        yield terminal
    finally:
        terminal.close()


@pytest.fixture
def guide(tmp_path: Path) -> Iterator[Terminal]:
    terminal = Terminal([], tmp_path)
    try:
        yield terminal
    finally:
        terminal.close()


def test_two_hosts_answer_and_the_terminal_is_given_back(demo: Terminal) -> None:
    demo.shows("kvm01", "kvm02", "● 5")
    demo.keys(" ")
    demo.shows("(1) ❯", "1 marked")
    demo.keys("j ")
    demo.shows("kvm[01-02] (2) ❯")
    demo.keys("!")
    demo.shows("enter run")
    demo.keys("hostname\r")
    demo.shows("2/2 done · 2 ok", "exit 0")
    answers = demo.text[demo.text.index("answers") :]
    assert "kvm01" in answers and "kvm02" in answers, "each host said its own name"
    demo.keys("\x1b")
    demo.shows("space mark")
    demo.keys("q")
    assert demo.ended() == 0
    assert demo.is_given_back()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_terminated_program_gives_the_terminal_back(demo: Terminal, number: signal.Signals) -> None:
    demo.shows("kvm01", "● 5")
    demo.process.send_signal(number)
    assert demo.ended() == 128 + number
    assert demo.is_given_back()


def test_one_that_is_terminated_before_its_engine_runs_does_so_too(demo: Terminal) -> None:
    demo.until(lambda: ENTERED in demo.received)
    demo.process.terminate()
    assert demo.ended() == 128 + signal.SIGTERM
    assert demo.is_given_back()


def test_the_guide_gives_the_terminal_back(guide: Terminal) -> None:
    guide.shows("How to begin?")
    guide.process.terminate()
    assert guide.ended() == 128 + signal.SIGTERM
    assert guide.is_given_back()


def test_the_guide_writes_an_example_that_opens_at_the_next_start(guide: Terminal, tmp_path: Path) -> None:
    guide.shows("How to begin?")
    guide.keys("3")
    assert guide.ended() == 0
    assert guide.is_given_back()
    assert "hosts.toml is written" in guide.text
    assert (tmp_path / ".config" / "atp_tui" / "hosts.toml").exists()


def test_a_terminal_that_cannot_move_its_cursor_is_refused(tmp_path: Path) -> None:
    terminal = Terminal(["demo"], tmp_path, TERM="dumb")
    try:
        assert terminal.ended() == 2
        assert "TERM=dumb" in terminal.text and terminal.is_given_back()
    finally:
        terminal.close()
