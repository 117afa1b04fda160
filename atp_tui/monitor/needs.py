"""What a condition hangs on."""

from __future__ import annotations

from enum import IntEnum


class Needs(IntEnum):
    """What must have been asked of a host before a term can be held against it, the cheapest first."""

    NOTHING = 0
    """hosts.toml says it."""
    STATE = 1
    """An attempt to connect."""
    SAMPLE = 2
    SAMPLES = 3
    """Two samples: what a counter gained between them."""
