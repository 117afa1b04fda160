"""The programs that ssh_config is read with: each in a session of its own, and ended with all that it started."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Sequence

from .said import ConfigBroken

LIMIT = 20.0
"""Seconds that one may take: `Match exec` runs what a person wrote, and CanonicalizeHostname asks the name service."""


class Programs:
    """Runs them on any thread, which it blocks. `close` ends what runs; so does our own end without it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._closed = False
        self._registered = False

    def run(self, words: Sequence[str], output: int = subprocess.PIPE) -> tuple[int, bytes, bytes]:
        """The exit status, what it wrote and what it complained of; both are empty where `output` is DEVNULL.

        Raises OSError, subprocess.TimeoutExpired after LIMIT, ConfigBroken once closed.
        """
        with self._lock:
            if self._closed:
                raise ConfigBroken("the program ends", permanent=False)
            if not self._registered:
                self._registered = True
                atexit.register(self.close)
            # a group of its own, so that what it runs ends with it; no terminal to ask anything on
            process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )
            self._running.add(process)
        try:
            written, complaints = process.communicate(timeout=LIMIT)
        finally:
            _end(process)
            with self._lock:
                self._running.discard(process)
        return process.returncode, written or b"", complaints or b""

    def close(self) -> None:
        """Kill what runs, with all it started; nothing is run any more."""
        atexit.unregister(self.close)
        with self._lock:
            self._closed = True
            for process in self._running:
                _kill(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.returncode is None:
        _kill(process)
        process.wait()
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


def _kill(process: subprocess.Popen[bytes]) -> None:
    if process.returncode is not None:  # reaped, and its number may be another's
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
