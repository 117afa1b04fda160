"""The keys of the list of forwards."""

from __future__ import annotations

from ...binding import bind

FORWARDS = (
    bind("forwards.close", "delete", "close", "close", "close the forward, and cut what goes through it", shown=True),
    bind("forwards.copy", "y", "copy", "copy", "copy where the forward listens", shown=True),
)
