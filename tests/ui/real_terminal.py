"""A real process in a real terminal, read by pyte, for tests."""

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
from collections.abc import Callable
from pathlib import Path

import pyte

COLUMNS, ROWS = 120, 40
ENTERED, LEFT = b"\x1b[?1049h", b"\x1b[?1049l"
"""What takes the alternate screen, and gives it back."""

PATIENCE = 60.0
"""Seconds for anything to come about: a limit for hangs, no measure of speed."""


def _take_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class Terminal:
    """A process on a pseudo-terminal, and what its screen shows."""

    ROWS = ROWS

    def __init__(self, arguments: list[str], home: Path, program: str | None = None, **environment: str) -> None:
        """The program of the project, or another one, which then has the terminal for its own, as a shell needs it."""
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", self.ROWS, COLUMNS, 0, 0))
        self.before = termios.tcgetattr(slave)
        self._slave = slave
        self._screen = pyte.Screen(COLUMNS, self.ROWS)
        self._stream = pyte.ByteStream(self._screen)
        self.received = bytearray()
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("ATP_", "XDG_", "LC_"))},
            "HOME": str(home), "TMPDIR": str(home), "LANG": "C.UTF-8", "TERM": "xterm-256color",
            "COLORTERM": "truecolor", **environment,
        }  # fmt: skip
        self.process = subprocess.Popen(
            [program, *arguments] if program else [sys.executable, "-m", "atp_tui", *arguments],
            stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True,
            preexec_fn=_take_terminal if program else None,
        )  # fmt: skip

    @property
    def text(self) -> str:
        # pyte's own `display` fails on the second cell of a wide character whose first one was written over
        width, lines = self._screen.columns, range(self._screen.lines)
        return "\n".join("".join(self._screen.buffer[y][x].data for x in range(width)) for y in lines)

    def colour(self, row: int, column: int) -> str:
        """The foreground of a cell: six hexadecimal digits, or a name."""
        return str(self._screen.buffer[row][column].fg)

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

    def read(self, seconds: float) -> bool:
        """Take what comes within so long, at least some of what is there; whether there was anything."""
        ready, _, _ = select.select([self._master], [], [], seconds)
        if ready:
            data = os.read(self._master, 65536)
            self.received += data
            # pyte takes CSI with intermediate bytes for text: the modes it does not know are not of interest here
            self._stream.feed(data)
        return bool(ready)

    def until(self, holds: Callable[[], object]) -> None:
        end = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < end, self.text
            self.read(0.1)

    def shows(self, *texts: str) -> None:
        """Wait until all these stand on the screen."""
        self.until(lambda: all(text in self.text for text in texts))

    def keys(self, text: str) -> None:
        self.send(text.encode())

    def send(self, data: bytes) -> None:
        os.write(self._master, data)

    def paste(self, data: bytes) -> None:
        """Send much at once, as fast as it is taken."""
        end = time.monotonic() + PATIENCE
        while data:
            assert time.monotonic() < end, self.text
            if select.select([], [self._master], [], 0.05)[1]:
                data = data[os.write(self._master, data[:1024]) :]
            self.read(0)

    def resize(self, columns: int, rows: int) -> None:
        """As a person who drags a corner of the window."""
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        os.kill(self.process.pid, signal.SIGWINCH)

    def ended(self) -> int:
        """Wait for the process; its exit status."""
        self.until(lambda: self.process.poll() is not None)
        while self.read(0.2):  # all that it left behind: a read takes some thousand bytes
            pass
        return self.process.wait()

    def close(self) -> None:
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        os.close(self._master)
        os.close(self._slave)
