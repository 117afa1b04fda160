"""What this machine ran out of, told from errors that libraries make of it: no host's fault, and no defect."""

from __future__ import annotations

import errno

from .message import Message, told
from .say import Say

LIBVIRT_FILES = 3
"""Files that one libvirt connection keeps open."""

_OWN_FILES = 12
"""Files that the program has open without any host, as `ls /proc/PID/fd` shows on the screen."""

_CHAIN = 20


def reserve_of(limit: int) -> int:
    """How many of the files that this machine allows are kept from connections: for names, commands, the log."""
    return min(32, limit // 8)


def too_many_files(limit: int) -> Message:
    """What is said where the limit of open files is met."""
    return told(Say.TOO_MANY_FILES, limit=limit, hosts=hosts_that_fit(limit))


def hosts_that_fit(limit: int) -> int:
    """About how many libvirt hosts, each with one connection, can be watched with so many open files."""
    return max(0, (limit - reserve_of(limit) - _OWN_FILES) // LIBVIRT_FILES)


def exhausted(error: BaseException) -> Message | None:
    """What to say where an error, or one that led to it, means that a limit of this machine was met; else None."""
    seen = 0
    each: BaseException | None = error
    while each is not None and seen < _CHAIN:
        while isinstance(each, BaseExceptionGroup):
            each = each.exceptions[0]
        limit = _limit(each)
        if limit is not None:
            return limit
        each = each.__cause__ or each.__context__
        seen += 1
    return None


def _limit(error: BaseException) -> Message | None:
    number = error.errno if isinstance(error, OSError) else None
    # an extension module that cannot be opened is an ImportError with the loader's words
    if number in (errno.EMFILE, errno.ENFILE) or (
        isinstance(error, ImportError) and "Too many open files" in str(error)
    ):
        import resource

        return too_many_files(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    # the loader's words again, of a library for which there was no room
    no_room = isinstance(error, ImportError) and "failed to map segment" in str(error)
    if isinstance(error, MemoryError) or number == errno.ENOMEM or no_room:
        return told(Say.NO_MEMORY)
    if isinstance(error, FileNotFoundError) and "temporary directory" in str(error):  # tempfile's words
        return told(Say.NO_TEMPORARY)
    if isinstance(error, RuntimeError) and "start new thread" in str(error):
        return told(Say.NO_THREAD)
    if (
        isinstance(error, BlockingIOError) and _raised_in(error) == "subprocess"
    ):  # fork's; a socket's means another thing
        return told(Say.NO_PROCESS)
    return None


def _raised_in(error: BaseException) -> str | None:
    """The module whose code raised an error."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return None if trace is None else trace.tb_frame.f_globals.get("__name__")
