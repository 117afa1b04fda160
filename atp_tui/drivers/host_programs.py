"""The programs of [[sources]] are run: without a shell, with a time limit, and ended with all that they started."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from ..config.answers import KeptAnswers
from ..config.files import strangers_may_write
from ..config.fleet import FleetConfig, HostProgram
from ..config.host_programs import Answer, hosts_of
from ..model.errors import ConfigError
from ..model.fence import Fence
from ..model.quoting import redacted_words
from ..model.text import safe
from .aside import off_loop

MOST = 16 << 20
"""Bytes of an answer. 10,000 hosts with ten keys each are 4 MB."""

MOST_SAID = 300
"""Letters of a program's complaint that are shown."""

AGAIN = 60.0
"""Seconds after which a program that failed is run again, where its period is not shorter."""

DRAIN = 1.0
"""Seconds after its time limit that a program which has ended is still listened to: what it had started may go on
saying things, and an answer of which a part is missing would let hosts go."""

_PIECE = 1 << 16
_LOOK = 0.05

_log = logging.getLogger(__name__)


class _Failed(Exception):
    """A run that gave no answer; why, in words."""


class HostPrograms:
    """The programs of one hosts.toml. Runs block, and may be on any thread. `revision` rises with each answer that
    differs from the one before."""

    def __init__(self, path: Path, now: Callable[[], float] = time.time) -> None:
        self._path = path
        self._now = now
        self._kept = KeptAnswers(path)
        self._answers: dict[HostProgram, Answer] = {}
        self._ran: dict[HostProgram, float] = {}
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._closed = False
        self._fence = Fence(_log)
        self.revision = 0

    def answer(self, program: HostProgram) -> Answer:
        """What is known of a program, without running it."""
        known = self._answers.get(program)
        return self._answers.setdefault(program, self._kept.answer(program)) if known is None else known

    def is_due(self, program: HostProgram) -> bool:
        """Whether it is time to run a program."""
        ran = self._ran.get(program)
        if ran is not None:
            failed = bool(self.answer(program).problem)
            return time.monotonic() - ran >= (min(program.period, AGAIN) if failed else program.period)
        answer = self.answer(program)
        return answer.output is None or not 0 <= self._now() - answer.taken < program.period

    def refresh(self, config: FleetConfig, *, every: bool = False) -> bool:
        """Run those of a configuration that are due, or every one, at once; whether there were any. It blocks."""
        threads = [
            threading.Thread(target=self.run, args=(program,), daemon=True)
            for program in config.programs
            if every or self.is_due(program)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return bool(threads)

    def run(self, program: HostProgram) -> None:
        """Run a program, and keep its answer; its failure is kept beside the last good one."""
        before = self.answer(program)
        self._ran[program] = time.monotonic()
        try:
            output = self._output(program)
            hosts_of(output)
        except Exception as error:  # noqa: BLE001 - an answer that nobody foresaw costs its own hosts, and is told
            why = self._why(program, error)
            answer = Answer(before.output, before.taken, why)
            _log.warning("source %s fails: %s", program.name, why)
        else:
            answer = Answer(output, self._now())
            if note := self._kept.keep(program, answer):
                _log.warning("the answer of source %s cannot be kept: %s", program.name, note)
        self._answers[program] = answer
        if (answer.output, answer.problem) != (before.output, before.problem):
            self.revision += 1

    def _why(self, program: HostProgram, error: Exception) -> str:
        if isinstance(error, ConfigError):
            return error.sentence
        if isinstance(error, _Failed):
            return str(error)
        self._fence.caught(error, "the answer of source %s cannot be read", program.name)
        return f"its answer cannot be read: {type(error).__name__}"

    def close(self) -> None:
        """End what runs; nothing is run any more."""
        with self._lock:
            self._closed = True
            for process in self._running:
                _kill(process)

    def _output(self, program: HostProgram) -> str:
        """What a program says. Raises _Failed."""
        with self._lock:
            if self._closed:
                raise _Failed("the program ends")
            process = self._started(program)
            self._running.add(process)
        try:
            said, complaint, ended = _read(process, program.timeout)
        finally:
            with self._lock:
                self._running.discard(process)
                _kill(process)
                status = process.wait()
            for pipe in (process.stdout, process.stderr):
                assert pipe is not None, "both are piped"
                pipe.close()
        if len(said) > MOST:
            raise _Failed(f"it says more than {MOST >> 20} MiB")
        if not ended:
            raise _Failed(f"it took longer than {program.timeout:g} s, and was ended{_complaint(complaint)}")
        if status:
            how = f"exit status {status}" if status > 0 else f"signal {_name_of(-status)}"
            raise _Failed(f"it ended with {how}{_complaint(complaint)}")
        try:
            return said.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise _Failed("its answer is not UTF-8 text") from error

    def _started(self, program: HostProgram) -> subprocess.Popen[bytes]:
        words = [os.path.expanduser(program.command[0]), *program.command[1:]]
        try:
            if strangers_may_write(self._path.stat()):
                raise _Failed(f"it is not run: somebody else may write {self._path.name}")
            return subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                cwd=self._path.absolute().parent, start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            raise _Failed(f"it cannot be run: {error.strerror or error}") from error


def _read(process: subprocess.Popen[bytes], limit: float) -> tuple[bytes, bytes, bool]:
    """What a program says and complains of, and whether it has ended: within the limit, and without too many words."""
    said, complaint = bytearray(), bytearray()
    until = time.monotonic() + limit
    with selectors.DefaultSelector() as open_ends:
        for pipe, into in ((process.stdout, said), (process.stderr, complaint)):
            assert pipe is not None, "both are piped"
            os.set_blocking(pipe.fileno(), False)
            open_ends.register(pipe, selectors.EVENT_READ, into)
        ended = False
        while True:
            news = _take(open_ends)
            if len(said) > MOST or (ended and not news):
                return bytes(said), bytes(complaint), ended
            del complaint[_PIECE:]
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


async def refreshed(programs: HostPrograms, config: FleetConfig, *, every: bool) -> None:
    """As HostPrograms.refresh, beside the event loop. A cancel ends what runs: a signal reaches this program alone, as
    each of them leads a session of its own."""
    try:
        await off_loop("sources", partial(programs.refresh, config, every=every))
    except asyncio.CancelledError:
        programs.close()
        raise


def due(programs: HostPrograms, config: FleetConfig, running: Iterable[str]) -> list[HostProgram]:
    """Those that are to be run now and do not run yet."""
    names = set(running)
    return [each for each in config.programs if each.name not in names and programs.is_due(each)]
