"""The words of `follow`. Light: --help loads what stands here."""

from __future__ import annotations

import argparse
import contextlib
import math

from ..model.data_class import dataclass

WINDOW = 0.5
"""Seconds that a line waits for those of other hosts, where nothing else is said; as executor.merging."""

LONGEST_WINDOW = 60.0
"""Seconds."""

ABOUT = """A line is put in order by the time that it begins with (ISO 8601, syslog, journalctl, seconds since 1970),
else by the moment of its arrival. It waits for the window of time, for lines of other hosts; what comes later is
written as it comes. Lines of one host keep their order, and a line without a time stays with the line before it. A
clock that is behind holds nobody up; of one that is ahead the moment of arrival counts. A line that begins and ends
with -- is a mark: a host is away, was lost and is back, or has ended."""


@dataclass(frozen=True, slots=True)
class FollowWords:
    """What `follow` was told. A line is shown where one of `filters` is found in it, or there are none, and none of
    `excludes` is. `window` is in seconds. `reads_times`: lines go by the times they begin with."""

    filters: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    window: float = WINDOW
    reads_times: bool = True
    restart: bool = False
    jsonl: bool = False
    label: bool = True
    time: bool = False


def add_follow(follow: argparse.ArgumentParser) -> None:
    """Add the words that `follow` alone has."""
    follow.add_argument(
        "--filter",
        dest="filters",
        action="append",
        metavar="REGEX",
        help="show only lines in which it is found; several: in which one is",
    )
    follow.add_argument(
        "--exclude", dest="excludes", action="append", metavar="REGEX", help="show no line in which it is found"
    )
    follow.add_argument(
        "--window",
        type=_window,
        default=WINDOW,
        metavar="S",
        help="seconds that a line waits for earlier ones of other hosts (default %(default)s)",
    )
    follow.add_argument(
        "--by-arrival", action="store_true", help="put lines in order as they come, whatever times they begin with"
    )
    follow.add_argument(
        "--restart", action="store_true", help="begin a command anew that has ended by itself, later and later"
    )
    follow.add_argument("--jsonl", action="store_true", help="print a JSON object a line for each line and each mark")
    follow.add_argument(
        "--label", action=argparse.BooleanOptionalAction, help="the host's id before each line, or not (default: it is)"
    )
    follow.add_argument(
        "--time", action=argparse.BooleanOptionalAction, help="the time that counts before each line (default: no)"
    )
    follow.epilog = "\n\n".join(filter(None, [follow.epilog, ABOUT]))


def follow_words_of(found: argparse.Namespace) -> FollowWords | None:
    """What was told; None for another verb."""
    if found.verb != "follow":
        return None
    return FollowWords(
        tuple(found.filters or ()),
        tuple(found.excludes or ()),
        found.window,
        not found.by_arrival,
        found.restart,
        found.jsonl,
        found.label is not False,
        found.time is True,
    )


def nonsense_of(found: argparse.Namespace) -> str | None:
    """Why the words of `follow` make no sense together; None where they do."""
    if found.jsonl and (found.label is not None or found.time is not None):
        return "--jsonl has the host and the time of each line: leave out --label and --time"
    return None


def _window(text: str) -> float:
    with contextlib.suppress(ValueError):
        value = float(text)
        if text.isascii() and "_" not in text and math.isfinite(value) and 0 <= value <= LONGEST_WINDOW:
            return value
    raise argparse.ArgumentTypeError(f"{text[:60]!r} is not a number of seconds from 0 to {LONGEST_WINDOW:g}")
