"""Whether there still is a terminal."""

from __future__ import annotations

import select
import sys

_DEAD = select.POLLHUP | select.POLLERR | select.POLLNVAL


def terminal_gone() -> bool:
    """Whether standard input was a terminal that has been hung up.

    Usually SIGHUP tells; where the program leads no session of that terminal (a supervisor, `setsid`) nothing does.
    """
    poll = select.poll()
    try:
        poll.register(sys.__stdin__, 0)  # type: ignore[arg-type] # None is a TypeError below
    except (TypeError, ValueError):
        return False  # no standard input, or a closed one: there was no terminal to lose
    return any(happened & _DEAD for _, happened in poll.poll(0))
