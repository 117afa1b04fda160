"""What a person reads of an error that has no words of ours: a library's message may hold anything."""

from __future__ import annotations

import logging

from .exhausted import exhausted
from .message import Message, text, told
from .say import Say


def reason_of(error: BaseException, log: logging.Logger, failed: str) -> Message:
    """What is told of an error that is no AtpError: a limit of this machine, the system's words, or that of a defect.

    A defect is written to `log`, with the way to it; `failed` says there what could not be done.
    """
    limit = exhausted(error)
    if limit is not None:
        return limit
    if isinstance(error, OSError) and error.strerror:
        return text(error.strerror)
    log.error("%s failed", failed, exc_info=error)
    return told(Say.DEFECT, kind=type(error).__name__)
