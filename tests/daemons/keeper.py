"""A keeper between the suite and a daemon of many processes: whatever these started ends with the suite, killed or not.

sshd gives each connection a session of its own, and each command one more. None of them ends with the listener, and
those that stand still under SIGSTOP not even with their connection. Linux hands processes that lost their parent to the
keeper (prctl(2), PR_SET_CHILD_SUBREAPER), and the keeper's standard input ends with the suite, so it misses none.

Run as a program it uses the standard library alone, and starts in some 20 ms.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36
"""linux/prctl.h"""


def descendants(pid: int) -> list[int]:
    """All living processes below `pid`, children before grandchildren."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            found += [int(child), *descendants(int(child))]
    return found


class Kept:
    """A command under a keeper of its own. `pid` is the command's."""

    def __init__(self, command: Sequence[str]) -> None:
        self._keeper = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
        )
        assert self._keeper.stdin is not None
        assert self._keeper.stdout is not None
        self._hold, self._news = self._keeper.stdin, self._keeper.stdout
        first = self._news.readline()
        if not first:
            self.close()
            raise FileNotFoundError(f"could not be started: {command[0]}")
        self.pid = int(first)

    def runs(self) -> bool:
        """Whether the command itself runs; what it has started may run on."""
        return not select.select([self._news], [], [], 0)[0]

    def wait(self) -> None:
        """Block until the command itself has ended."""
        select.select([self._news], [], [])

    def left(self) -> bool:
        """Whether the command or anything that it started still runs."""
        return self._keeper.poll() is None

    def close(self) -> None:
        """Kill the command and all that it left."""
        self._hold.close()
        self._news.close()
        self._keeper.wait()


def _reap(command: int) -> None:
    """Take leave of every child that has ended, and say so of `command`. Ends this process with the last of them."""
    try:
        while pid := os.waitpid(-1, os.WNOHANG)[0]:
            if pid == command:
                with contextlib.suppress(BrokenPipeError):
                    os.write(1, b"ended\n")
    except ChildProcessError:
        sys.exit()


def _main() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    null = subprocess.DEVNULL
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # under nohup it is ignored, by all that is started here too
    command = subprocess.Popen(sys.argv[1:], stdin=null, stdout=null, stderr=null).pid
    print(command, flush=True)
    signal.signal(signal.SIGCHLD, lambda *_: _reap(command))
    _reap(command)  # it may have ended already
    sys.stdin.buffer.read()
    while True:  # who loses its parent meanwhile comes up one round later
        for pid in descendants(os.getpid()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.005)


if __name__ == "__main__":
    _main()
