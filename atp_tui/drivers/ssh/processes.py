"""Programs that we start, each the leader of a process group, and the sure end of all of them."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable
from typing import IO

GRACE = 1.0
"""Seconds between TERM and KILL."""

FAREWELL = 0.2
"""Seconds of that which are left when the program quits."""

_LONGEST_DEATH = 0.5
"""Seconds that `close` waits for those that it has killed; they need a millisecond."""

_POLL = 0.01
"""Seconds between two looks at a program that is to end."""


def user_shell() -> str:
    """The shell that runs ssh_config's commands, as OpenSSH chooses it."""
    return os.environ.get("SHELL") or "/bin/sh"


class Process:
    """A program and all it started in its group. It is reaped last of all: until then its number is nobody else's, so
    the group can be killed safely whatever has become of the program itself."""

    def __init__(self, command: str, ours: int) -> None:
        """Run a command line with one descriptor as input and output, in the user's shell as OpenSSH does.

        Raises OSError.
        """
        self._popen = subprocess.Popen(
            [user_shell(), "-c", f"exec {command}"],
            stdin=ours,
            stdout=ours,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    @property
    def errors(self) -> IO[bytes]:
        """What it writes on stderr."""
        assert self._popen.stderr is not None
        return self._popen.stderr

    def status(self) -> int | None:
        """Its exit status, or the negative number of the signal that ended it; None: it runs."""
        if self._popen.returncode is None:
            try:
                ended = os.waitid(os.P_PID, self._popen.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:  # who started us has SIGCHLD ignored, so the kernel reaps for us
                return self._popen.poll()
            if ended is None:
                return None
            return ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status
        return self._popen.returncode

    def signal(self, number: int) -> None:
        """Send a signal to the whole group, unless it was reaped. What runs as another user (sudo) gets none."""
        self.status()
        if self._popen.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._popen.pid, number)

    def reap(self) -> bool:
        """Take leave of it, if it has ended."""
        return self._popen.poll() is not None


class Processes:
    """All that one driver has started and not yet reaped. For one event loop."""

    def __init__(self) -> None:
        self._all: set[Process] = set()
        self._ending: set[Process] = set()

    def start(self, command: str, ours: int) -> Process:
        """As Process. `end` must follow. Raises OSError."""
        process = Process(command, ours)
        if not self._all:
            atexit.register(self._kill_all)  # for a program that ends without `close`
        self._all.add(process)
        return process

    def end(self, process: Process) -> None:
        """TERM now, KILL after GRACE for whatever is left of it then. Once more does no harm."""
        if process in self._all and process not in self._ending:
            self._ending.add(process)
            process.signal(signal.SIGTERM)
            asyncio.get_running_loop().call_later(GRACE, self._finish, process)

    async def close(self) -> None:
        """End all of them, within FAREWELL as a rule; nothing is left but what may not be killed."""
        for process in tuple(self._all):
            self.end(process)
        await within(FAREWELL, lambda: all(process.status() is not None for process in self._all))
        await within(_LONGEST_DEATH, lambda: not self._kill_all())

    def _finish(self, process: Process, again: float = _POLL) -> None:
        self._kill(process)
        if process in self._all:  # dying; what the kernel holds, or what is not ours to kill, takes longer
            asyncio.get_running_loop().call_later(again, self._finish, process, min(2 * again, GRACE))

    def _kill_all(self) -> bool:
        """Whether any is left that has not died of it yet."""
        for process in tuple(self._all):
            self._kill(process)
        return bool(self._all)

    def _kill(self, process: Process) -> None:
        process.signal(signal.SIGKILL)
        if process in self._all and process.reap():
            self._all.discard(process)
            self._ending.discard(process)
            if not self._all:
                atexit.unregister(self._kill_all)


async def within(seconds: float, done: Callable[[], bool]) -> None:
    """Wait for something of which only a look tells, so long at most.

    A program's end has a watcher in asyncio, which takes a thread for each, for as long as it runs, and reaps it.
    """
    limit = time.monotonic() + seconds
    while not done() and time.monotonic() < limit:  # noqa: ASYNC110 - there is no event
        await asyncio.sleep(_POLL)
