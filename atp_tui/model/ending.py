"""Whether the end of work that was cut short is known, as the error tells that was raised in its place.

An end that was asked for is no end that has happened. Who has the far side's word confirms the error that it raises: a
cancel stays a CancelledError, which every block around it knows. Where nobody has confirmed it, the work may still run.
"""

from __future__ import annotations

import asyncio

_CONFIRMED = "end_confirmed"


def confirm_end(error: BaseException) -> None:
    """The work has ended on the far side, or never began there. For the error that is about to be raised."""
    vars(error)[_CONFIRMED] = True


def end_is_confirmed(error: BaseException) -> bool:
    """Whether the work has ended for sure. A time limit is told by the cancel by which it was kept."""
    found: BaseException | None = error
    while found is not None:
        if vars(found).get(_CONFIRMED):
            return True
        if isinstance(found, asyncio.CancelledError):
            return False  # what came before it is another cancel
        found = found.__cause__ or found.__context__
    return False
