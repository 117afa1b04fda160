"""When Python looks for cycles among its objects, which stops the program for so long."""

from __future__ import annotations

import gc

COLLECT = 20_000, 125
"""Objects that must have come and stayed before Python looks for cycles among them, and how many such looks pass before
it looks at those that stayed then; its own defaults are 700 and 10.

Samples keep some ten thousand objects for a while, then drop them, and none is in a cycle: watching makes none, nor
does the screen while nobody presses a key (`ui/strips`). With the defaults the samples were looked through every
time: 5 % of a core at 1,000 hosts, in pauses of up to 150 ms in which no key is answered. At 10,000 hosts, 25,000 and
10 made pauses of 40 to 350 ms; these figures make one of 20 ms each half minute (with 5,000 four times as many of the
same length, for what a sample replaces is young again each time). What the engine freezes is left alone by both. See
https://docs.python.org/3/library/gc.html.
"""


def collect_from_now_on() -> None:
    """Look for cycles, but not among what is there: modules and what they hold stay to the end. To look through them as
    they were loaded took a twentieth of the time to the first frame."""
    gc.set_threshold(*COLLECT)
    gc.freeze()
    gc.enable()
