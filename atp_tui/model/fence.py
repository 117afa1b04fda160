"""The fence around one host: what nobody foresaw of it ends there, is told there, and is logged once a kind."""

from __future__ import annotations

import logging
from collections import Counter

from .exhausted import exhausted
from .message import Message, told
from .say import Say

_Kind = tuple[str, str, str, int]


class Fence:
    """Catches for one room. A kind of error is what was being done, the class, and the place in the source.

    The first of a kind is logged with the way to it. Of a thousand hosts that send the same, or of one that sends it
    each second, the log then has the 10th, the 100th and so on, with their number.
    """

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._times: Counter[_Kind] = Counter()

    def caught(self, error: Exception, failed: str, host: str, instead: Message | None = None) -> Message:
        """What is told in the place of what the error kept from coming: `instead`, or that the answer is unreadable.

        `failed` is a sentence for the log, with %s for the host. A limit of this machine is told as that.
        """
        limit = exhausted(error)
        if limit is not None:
            return limit
        kind = failed, type(error).__name__, *_place(error)
        self._times[kind] += 1
        times = self._times[kind]
        if times == 1:
            self._log.error(failed, host, exc_info=error)
        elif _is_power_of_ten(times):
            self._log.error(f"{failed} (%s, %d times so far)", host, kind[1], times)
        return instead or told(Say.ANSWER_UNREADABLE, kind=kind[1])


def _place(error: Exception) -> tuple[str, int]:
    """File and line in which it was raised."""
    trace = error.__traceback__
    if trace is None:
        return "", 0
    while trace.tb_next is not None:
        trace = trace.tb_next
    return trace.tb_frame.f_code.co_filename, trace.tb_lineno


def _is_power_of_ten(number: int) -> bool:
    return str(number).strip("0") == "1"
