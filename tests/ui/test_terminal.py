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
PATIENCE = 60.0
"""Seconds for anything to come about: a limit for hangs, no measure of speed."""


class Terminal:
    """A process on a pseudo-terminal, and what its screen shows."""

    def __init__(self, arguments: list[str], home: Path) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.before = termios.tcgetattr(slave)
        self._slave = slave
        self._screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self._screen)
        self.received = bytearray()
        environment = {**os.environ, "HOME": str(home), "TERM": "xterm-256color", "COLORTERM": "truecolor"}
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
    assert demo.settings == demo.before, "echo and line mode are back"
    assert b"\x1b[?1049l" in demo.received, "the screen from before is back"
    assert b"\x1b[?25h" in demo.received, "the cursor is back"


def test_a_terminated_program_gives_the_terminal_back(demo: Terminal) -> None:
    demo.shows("kvm01", "● 5")
    demo.process.terminate()
    assert demo.ended() == 128 + signal.SIGTERM
    assert demo.settings == demo.before
    assert b"\x1b[?1049l" in demo.received
