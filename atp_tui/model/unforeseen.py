"""What a person reads of an error that has no words of ours: a library's message may hold anything."""

from __future__ import annotations

import logging

from .exhausted import exhausted


def words_of(error: BaseException, log: logging.Logger, failed: str) -> str:
    """Words for an error that is no AtpError: a limit of this machine, the system's own words, or that it is a defect.

    A defect is written to `log`, with the way to it; `failed` says there what could not be done.
    """
    limit = exhausted(error)
    if limit is not None:
        return limit
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    log.error("%s failed", failed, exc_info=error)
    return f"the program failed: {type(error).__name__} (see the log)"
