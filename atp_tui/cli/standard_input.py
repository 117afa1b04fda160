"""Standard input, which `run` passes to no host without --stdin: what is given there is refused aloud, and an idle pipe
is no input."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import stat
import termios
from collections.abc import Iterator
from pathlib import Path

from ..model.errors import ActionFailed

REFUSED = "standard input has data, and run passes none to the hosts"
_HINT = "redirect it from /dev/null, or write --stdin to give it to each host"


def refuse_input(descriptor: int = 0, configuration: Path | None = None) -> None:
    """Raise ActionFailed where data waits on standard input, before a command runs that may have been meant to read it.

    A file that is the `configuration` (`--config /dev/stdin <hosts.toml`) is no such data: it was read under its name.
    Nothing is read and nothing is waited for: under cron or CI it may be a pipe that nobody ever writes to.
    """
    if _has_data(descriptor) and not _is_file(descriptor, configuration):
        raise ActionFailed(f"{REFUSED}: nothing was run; {_HINT}")


class LateInput:
    """Notices data that comes on standard input while a command runs. `came` is whether it did."""

    came = False

    @property
    def words(self) -> str:
        """What is to be said of it."""
        return f"{REFUSED}: the command ran without it; {_HINT}"

    @contextlib.contextmanager
    def watched(self, descriptor: int = 0) -> Iterator[LateInput]:
        """Watch while the block runs; only pipes and sockets can have data later than at the start."""
        loop = asyncio.get_running_loop()

        def heard() -> None:
            self.came = _has_data(descriptor)
            loop.remove_reader(descriptor)  # data, or the end of it

        watch = _is_pipe(descriptor)
        if watch:
            loop.add_reader(descriptor, heard)
        try:
            yield self
        finally:
            if watch:
                loop.remove_reader(descriptor)


def _is_file(descriptor: int, path: Path | None) -> bool:
    try:
        return path is not None and os.path.samestat(os.fstat(descriptor), os.stat(path))
    except OSError:
        return False


def _is_pipe(descriptor: int) -> bool:
    try:
        mode = os.fstat(descriptor).st_mode
    except OSError:
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


def _has_data(descriptor: int) -> bool:
    """Whether a read would give bytes now. A terminal's are for the next program, and /dev/null has none."""
    try:
        about = os.fstat(descriptor)
        if stat.S_ISREG(about.st_mode):
            return about.st_size > os.lseek(descriptor, 0, os.SEEK_CUR)
        if stat.S_ISCHR(about.st_mode):
            return not os.isatty(descriptor) and about.st_rdev != os.stat(os.devnull).st_rdev
        if _is_pipe(descriptor):
            answer = fcntl.ioctl(descriptor, termios.FIONREAD, bytes(4))
            return answer != bytes(4)  # an int in C
    except OSError:  # closed, or something that cannot say
        return False
    return False
