"""What a person is told of what comes next for a host or connection that is down: each remedy and step in words."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple


class Next(StrEnum):
    """What comes next."""

    NOTHING = "nothing"
    TRYING = "trying"
    FIRST_TRY = "first-try"
    LATER = "later"
    CLOSING = "closing"
    NOT_RETRIED = "not-retried"
    MENDED = "mended"
    """Nothing by itself; a key tries again once something was changed."""
    PRESS = "press"
    PRESS_TO_CONNECT = "press-to-connect"
    PRESS_TO_RETRY = "press-to-retry"
    PRESS_TO_ENABLE = "press-to-enable"


class Step(NamedTuple):
    """What comes next, in words and in fewer of them; both empty where there is nothing to say."""

    next: Next
    long: str
    short: str


STEPS: Mapping[Next, tuple[str, str]] = {
    Next.NOTHING: ("", ""),
    Next.TRYING: ("trying now", "now"),
    Next.FIRST_TRY: ("first try", "first try"),
    Next.LATER: ("next try in {left}", "in {left}"),
    Next.CLOSING: ("closing", "closing"),
    Next.NOT_RETRIED: ("not retried", ""),
    Next.MENDED: ("not retried: {key} tries again once that is mended", ""),
    Next.PRESS: ("press {key}", "press {key}"),
    Next.PRESS_TO_CONNECT: ("press {key} to connect", "press {key}"),
    Next.PRESS_TO_RETRY: ("press {key} to retry", "press {key}"),
    Next.PRESS_TO_ENABLE: ("press {key} to enable", "press {key}"),
}
"""Each with all its words, and with few."""


def step(next: Next, **parameters: str) -> Step:
    """What comes next, in words."""
    long, short = STEPS[next]
    return Step(next, long.format_map(parameters), short.format_map(parameters))
