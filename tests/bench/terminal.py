"""A program in a real terminal for benchmarks: what it shows is read by pyte, outside the measured time."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pyte

QUIET = 0.1
"""Seconds without output after which what has come is looked at."""


class Terminal:
    """`python -m atp_tui ARGUMENTS` in a pty of `size` (columns, rows). Times are seconds; those of starts count from
    the start of the interpreter. `checkout` is the working tree whose program it is, this one where none is named;
    `program` is what the interpreter is given in the place of `-m atp_tui`."""

    def __init__(
        self,
        *arguments: str,
        size: tuple[int, int] = (120, 40),
        checkout: Path | None = None,
        program: Sequence[str] = ("-m", "atp_tui"),
    ) -> None:
        self._master, slave = pty.openpty()
        columns, rows = size
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        environment = {**os.environ, "TERM": "xterm-256color", "HOME": tempfile.mkdtemp(prefix="atp-bench-")}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # each start would compile it all
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self.begun = time.perf_counter()
        self.process = subprocess.Popen(
            [sys.executable, *program, *arguments],
            stdin=slave, stdout=slave, stderr=slave, env=environment, cwd=checkout,
            start_new_session=True,
        )  # fmt: skip
        os.close(slave)

    @property
    def text(self) -> str:
        """What stands on the screen."""
        return "\n".join(self._screen.display)

    def painted(self, holds: Callable[[str], object], limit: float = 20) -> float:
        """The moment (perf_counter) at which the last byte came that made `holds` of the screen's text true."""
        end = time.perf_counter() + limit
        while time.perf_counter() < end:
            found = None
            for moment, data in self._burst():
                self._stream.feed(data)
                if found is None and holds(self.text):
                    found = moment
            if found is not None:
                return found
        raise TimeoutError(self.text)

    def after(self, key: bytes, holds: Callable[[str], object]) -> float:
        """Seconds from a key to the screen of which `holds` is true."""
        begun = time.perf_counter()
        os.write(self._master, key)
        return self.painted(holds) - begun

    def drain(self, seconds: float) -> None:
        """Read for that long."""
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            for _, data in self._burst():
                self._stream.feed(data)

    def cpu(self) -> float:
        """Seconds of CPU that it has used, all threads of it."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def loop_cpu(self) -> float:
        """Seconds of CPU that the event loop's thread has used: a figure that other programs disturb little."""
        return int(Path(f"/proc/{self.process.pid}/task/{self.process.pid}/schedstat").read_text().split()[0]) / 1e9

    def quit(self, key: bytes = b"q") -> float:
        """Seconds from the key that leaves it to its end; after 20 s it is killed."""
        begun = time.perf_counter()
        os.write(self._master, key)
        while self.process.poll() is None and time.perf_counter() - begun < 20:
            if select.select([self._master], [], [], 0.01)[0]:
                self._take()
        took = time.perf_counter() - begun
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        os.close(self._master)
        return took

    def _burst(self) -> list[tuple[float, bytes]]:
        """What comes until there is a pause, at most half a second of it, each piece with its moment."""
        pieces: list[tuple[float, bytes]] = []
        end = time.perf_counter() + 0.5
        while time.perf_counter() < end and select.select([self._master], [], [], QUIET)[0]:
            data = self._take()
            if not data:
                break
            pieces.append((time.perf_counter(), data))
        return pieces

    def _take(self) -> bytes:
        """What has come; nothing where the program has gone, which Linux tells of as EIO."""
        try:
            return os.read(self._master, 65536)
        except OSError:
            return b""
