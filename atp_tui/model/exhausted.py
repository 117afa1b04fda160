"""What this machine ran out of, told from errors that libraries make of it: no host's fault, and no defect."""

from __future__ import annotations

import errno

from .message import Message, told
from .say import Say

_CHAIN = 20


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

        limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        return told(Say.TOO_MANY_FILES, limit=limit)
    if isinstance(error, MemoryError) or number == errno.ENOMEM:
        return told(Say.NO_MEMORY)
    if isinstance(error, FileNotFoundError) and "temporary directory" in str(error):  # tempfile's words
        return told(Say.NO_TEMPORARY)
    if isinstance(error, RuntimeError) and "start new thread" in str(error):
        return told(Say.NO_THREAD)
    return None
