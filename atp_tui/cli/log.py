"""The program's own log: warnings, those of libraries too, and state changes with -v. Bounded, and never in the way."""

from __future__ import annotations

import fcntl
import logging
import os
import stat
import sys
import threading
from copy import copy
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from ..config.paths import log_file, private_dir
from ..model.errors import ConfigError
from ..model.text import safe
from .crash import described
from .repeats import Repeats

LONGEST = 1 << 20
"""Bytes of the log after which it begins anew; the one before is kept beside it as `.1`."""

_log = logging.getLogger(__name__)


def open_log(verbose: bool) -> str | None:
    """Have records go to the log file from now on; why they cannot, in words, where they cannot.

    Libraries are heard from WARNING on, whatever `verbose` says: asyncssh's INFO has command lines in it.
    """
    logging.captureWarnings(True)
    threading.excepthook = _thread_failed
    sys.unraisablehook = _unraisable
    try:
        path = log_file()
        private_dir(path.parent)
        handler = _LogFile(path)
    except ConfigError as error:
        return f"there is no log: {error.message}"
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        return f"there is no log: {path}: {reason}"
    handler.setFormatter(_OneLine("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.getLogger().addHandler(handler)
    logging.getLogger("atp_tui").setLevel(logging.INFO if verbose else logging.WARNING)
    return None


class _LogFile(RotatingFileHandler):
    """A regular file of this user's, opened without waiting: a FIFO in its place would hold the program up."""

    def __init__(self, path: Path) -> None:
        self._repeats = Repeats()
        super().__init__(path, maxBytes=LONGEST, backupCount=1, encoding="utf-8")

    def _open(self) -> TextIOWrapper:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC
        descriptor = os.open(self.baseFilename, flags, 0o600)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise ValueError("is no regular file")
        return open(descriptor, "a", encoding="utf-8", errors="backslashreplace")

    def emit(self, record: logging.LogRecord) -> None:
        try:
            for each in self._repeats.take(record):
                super().emit(each)
        except Exception:  # noqa: BLE001 - a message whose arguments do not fit it, say
            self.handleError(record)

    def close(self) -> None:
        for each in self._repeats.rest():
            super().emit(each)
        super().close()

    def shouldRollover(self, record: logging.LogRecord) -> int:
        """Whether the file is full; where another program has put a new one in its place, that one is taken first."""
        if not self._is_in_place():
            if self.stream is not None:
                self.stream.close()
            self.stream = self._open()
        return super().shouldRollover(record)

    def doRollover(self) -> None:
        """Begin anew, once for all the programs that write to this log; without a file beside it where none can be."""
        try:
            fcntl.flock(self.stream or -1, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:  # another one is at it
            return
        if not self._is_in_place():
            return  # another one was; the next record goes to the new file
        try:
            super().doRollover()
        except OSError:
            os.truncate(self.baseFilename, 0)
            self.stream = self._open()

    def _is_in_place(self) -> bool:
        """Whether the file that is open is the one of that name."""
        try:
            return self.stream is not None and os.path.samestat(
                os.stat(self.baseFilename), os.fstat(self.stream.fileno())
            )
        except (OSError, ValueError):  # gone; closed
            return False

    def handleError(self, record: logging.LogRecord) -> None:
        """A full disk is no reason to write over the screen."""


class _OneLine(logging.Formatter):
    """What came from a host cannot make lines of its own, nor anything a terminal obeys."""

    def formatException(self, ei: Any) -> str:
        """As a report has it: the log is sent to others as well, and holds no values either."""
        return described(ei[1]) if ei[1] is not None else super().formatException(ei)

    def format(self, record: logging.LogRecord) -> str:
        record = copy(record)
        record.exc_text = None  # as another handler may have written it
        return (
            "\n".join(map(safe, super().format(record).split("\n")))
            if record.exc_info
            else safe(super().format(record))
        )


def _thread_failed(arguments: threading.ExceptHookArgs) -> None:
    if arguments.exc_value is not None and arguments.exc_type is not SystemExit:
        _log.error("a thread failed", exc_info=arguments.exc_value)


def _unraisable(unraisable: sys.UnraisableHookArgs) -> None:
    if unraisable.exc_value is not None:
        _log.error("an error that nobody could be told of", exc_info=unraisable.exc_value)
