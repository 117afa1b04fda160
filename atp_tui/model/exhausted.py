"""What this machine ran out of, told from errors that libraries make of it: no host's fault, and no defect."""

from __future__ import annotations

import errno

_CHAIN = 20


def exhausted(error: BaseException) -> str | None:
    """What to say where an error, or one that led to it, means that a limit of this machine was met; else None."""
    seen = 0
    each: BaseException | None = error
    while each is not None and seen < _CHAIN:
        while isinstance(each, BaseExceptionGroup):
            each = each.exceptions[0]
        words = _limit(each)
        if words is not None:
            return words
        each = each.__cause__ or each.__context__
        seen += 1
    return None


def _limit(error: BaseException) -> str | None:
    number = error.errno if isinstance(error, OSError) else None
    # an extension module that cannot be opened is an ImportError with the loader's words
    if number in (errno.EMFILE, errno.ENFILE) or (
        isinstance(error, ImportError) and "Too many open files" in str(error)
    ):
        import resource

        limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        return f"too many open files here: this program may have {limit} (ulimit -n)"
    if isinstance(error, MemoryError) or number == errno.ENOMEM:
        return "there is no memory left here"
    if isinstance(error, FileNotFoundError) and "temporary directory" in str(error):  # tempfile's words
        return "no directory for temporary files can be written to here: see TMPDIR, and the room on its disk"
    if isinstance(error, RuntimeError) and "start new thread" in str(error):
        # the kernel may have had no process to give, or no memory for its stack: Python does not say which
        return "no further thread could be started here: see ulimit -u and -v, or the limits of the container"
    return None
