"""Programs of a person's configuration: run without a shell, with a time limit, and ended with all that they started.

What blocks here may be on any thread.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..config.files import strangers_may_write
from ..model.quoting import redacted_words
from ..model.text import safe

MOST_SAID = 300
"""Letters of a program's complaint that are shown."""

DRAIN = 1.0
"""Seconds after its time limit that a program which has ended is still listened to: what it had started may go on
saying things, and an answer of which a part is missing would let hosts go."""

_PIECE = 1 << 16
_LOOK = 0.05


class ProgramFailed(Exception):
    """A run that did not go well; why, in words."""


class Programs:
    """Runs programs, several at a time, until it is closed."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._closed = False

    def close(self) -> None:
        """End what runs; nothing is run any more."""
        with self._lock:
            self._closed = True
            for process in self._running:
                _kill(process)

    def output(
        self,
        words: Sequence[str],
        folder: Path,
        limit: float,
        most: int | None,
        environment: Mapping[str, str] | None = None,
        *,
        last_line: bool = False,
    ) -> bytes:
        """What a program says, run in a folder: `most` bytes within `limit` seconds. It blocks.

        `most` None: nothing reads its output, and nobody waits for what it has left running. `environment` is added to
        that of this process; `last_line`: a failure has the last line alone that it complained of. Raises
        ProgramFailed, also where it ends with a status that is not 0.
        """
        with self._lock:
            if self._closed:
                raise ProgramFailed("the program ends")
            process = _started(words, folder, environment, is_read=most is not None)
            self._running.add(process)
        try:
            said, complaint, ended = _read(process, limit, most)
        finally:
            with self._lock:
                self._running.discard(process)
                _kill(process)
                status = process.wait()
            for pipe in filter(None, (process.stdout, process.stderr)):
                pipe.close()
        if last_line:
            complaint = complaint.rstrip().rpartition(b"\n")[2]
        if most is not None and len(said) > most:
            raise ProgramFailed(f"it says more than {most >> 20} MiB")
        if not ended:
            raise ProgramFailed(f"it took longer than {limit:g} s, and was ended{_complaint(complaint)}")
        if status:
            how = f"exit status {status}" if status > 0 else f"signal {_name_of(-status)}"
            raise ProgramFailed(f"it ended with {how}{_complaint(complaint)}")
        return said


def require_own(file: Path) -> None:
    """Raise ProgramFailed where somebody else may write the file that names a program."""
    try:
        if strangers_may_write(file.stat()):
            raise ProgramFailed(f"it is not run: somebody else may write {file.name}")
    except OSError as error:
        raise ProgramFailed(f"it cannot be run: {error.strerror or error}") from error


def _started(
    words: Sequence[str], folder: Path, environment: Mapping[str, str] | None, *, is_read: bool
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            [os.path.expanduser(words[0]), *words[1:]], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if is_read else subprocess.DEVNULL,
            stderr=subprocess.PIPE, cwd=folder, start_new_session=True,
            env=None if environment is None else {**os.environ, **environment},
        )  # fmt: skip
    except OSError as error:
        raise ProgramFailed(f"it cannot be run: {error.strerror or error}") from error


def _read(process: subprocess.Popen[bytes], limit: float, most: int | None) -> tuple[bytes, bytes, bool]:
    """What a program says and complains of, and whether it has ended: within the limit, and without too many words."""
    said, complaint = bytearray(), bytearray()
    until = time.monotonic() + limit
    with selectors.DefaultSelector() as open_ends:
        for pipe, into in ((process.stdout, said), (process.stderr, complaint)):
            if pipe is not None:
                os.set_blocking(pipe.fileno(), False)
                open_ends.register(pipe, selectors.EVENT_READ, into)
        ended = False
        while True:
            news = _take(open_ends)
            is_all = not news or most is None  # without an answer to be whole, a daemon may go on complaining
            if len(said) > (most or 0) or (ended and is_all):
                return bytes(said), bytes(complaint), ended
            del complaint[:-_PIECE]  # the end of it is told
            # what it has started may hold the pipes open for good: what is in them once it has ended is all
            ended = os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
            if time.monotonic() > until + (DRAIN if ended else 0.0):
                return bytes(said), bytes(complaint), False


def _take(open_ends: selectors.BaseSelector) -> bool:
    """Take what has come; whether anything has. Waits a moment for it."""
    if not open_ends.get_map():
        time.sleep(_LOOK / 5)
        return False
    news = False
    for key, _ in open_ends.select(_LOOK):
        data = os.read(key.fd, _PIECE)
        if data:
            key.data.extend(data)
            news = True
        else:
            open_ends.unregister(key.fileobj)
    return news


def _complaint(said: bytes) -> str:
    """The end of what a program complained of, in one line, for a message."""
    words = " ".join(said.decode("utf-8", "replace").split())
    if not words:
        return ""
    cut = words if len(words) <= MOST_SAID else f"…{words[-MOST_SAID:]}"
    return f": {safe(redacted_words(cut))}"


def _name_of(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # most of the real-time signals have none
        return str(number)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a program that was not reaped yet, with its group."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
