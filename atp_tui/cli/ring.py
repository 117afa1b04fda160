"""`run --ring`: the terminal of this program rings as the run ends."""

from __future__ import annotations

import os
from contextlib import suppress

from ..model.ring import Ring, sent


def ring(how: str, status: int) -> None:
    """Ring on the terminal, also where all output goes to files; nothing, where there is none, or where it is stopped.

    `how` is `[jobs] ring`: of one that is off, the bell is meant by --ring. `status` is the exit status.
    """
    words = f"atp-tui: the run has ended, exit status {status}"
    text = sent(Ring.BELL if how == Ring.OFF else how, words, tmux=bool(os.environ.get("TMUX")))
    with suppress(OSError):
        terminal = os.open("/dev/tty", os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
        try:
            os.write(terminal, text.encode("ascii"))
        finally:
            os.close(terminal)
