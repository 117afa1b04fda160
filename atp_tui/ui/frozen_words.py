"""What the line at the top says of freezes."""

from __future__ import annotations

from ..model.freeze import Frozen, local_time

LONGEST_SET = 20
LONGEST_REASON = 40
"""Characters that are shown: each refusal has all of it."""


def frozen_sign(frozen: Frozen) -> tuple[str, str]:
    """That something is frozen, with its set and end, and the reason; empty where nothing is. Not safe for a terminal.

    Of several the freeze of the whole fleet is told, or else the one that lasts longest.
    """
    if frozen.unreadable:
        return "frozen: unreadable", frozen.unreadable
    if not frozen.freezes:
        return "", ""
    told = max(frozen.freezes, key=lambda each: (each.of_all, each.until))
    which = "" if told.of_all else f" {_cut(told.words, LONGEST_SET)}"
    until = local_time(told.until)[5:16]  # the month, the day and the time
    more = f" +{len(frozen.freezes) - 1}" if len(frozen.freezes) > 1 else ""
    return f"frozen{which} until {until}{more}", _cut(told.reason, LONGEST_REASON)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
