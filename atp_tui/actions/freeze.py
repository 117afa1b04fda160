"""Freeze and thaw: nothing is changed until a moment, for a reason, on some hosts or on any."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

from ..model.errors import ActionFailed
from ..model.freeze import ALL, Freeze, Frozen, local_time
from ..model.message import told
from ..model.say import Say
from .action import Action, Argument, Context, Invocation, Subject
from .told_whole import told_whole

if TYPE_CHECKING:
    from ..transport.clock import Clock

LONGEST_REASON = 200
"""Characters. It stands in a line of the screen, and in each refusal."""

FARTHEST = 366 * 86_400
"""Seconds ahead that a freeze may end: a slip in the year would hold everything."""

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:?\d\d)?", re.ASCII)


def moment_of(words: str, now: float) -> float:
    """The moment that a person has written, in seconds since 1970; without a zone it is one of local time.

    Of an hour that comes twice the second is meant. Raises ActionFailed, also for one that is over.
    """
    if not _MOMENT.fullmatch(words):
        raise _cannot(f"{words!r} is no date with a time: write one such as 2026-12-02T06:00")
    try:
        found = datetime.fromisoformat(words)
        moments = [found.replace(fold=fold).timestamp() for fold in (0, 1)]
    except (ValueError, OverflowError, OSError):
        raise _cannot(f"{words!r} is no moment of the calendar") from None
    if max(moments) <= now:
        raise _cannot(f"{local_time(max(moments))} is over; it is {local_time(now)}")
    if max(moments) > now + FARTHEST:
        raise _cannot(f"{local_time(max(moments))} is more than a year ahead")
    return max(moments)


def reason_of(words: str) -> str:
    """The reason that a person has written. Raises ActionFailed for one that cannot be shown in a line."""
    words = words.strip()
    if not words or not words.isprintable() or len(words) > LONGEST_REASON:
        raise _cannot(f"the reason is to be one line of {LONGEST_REASON} characters at most")
    return words


def _cannot(why: str) -> ActionFailed:
    return ActionFailed(told(Say.CANNOT_BE_DONE_SO, action="freeze", why=why))


async def _freeze(context: Context, invocation: Invocation) -> None:
    from .held import named_now

    file, clock = context.file, context.manager.clock
    now = clock.wall()
    until, reason = moment_of(invocation.text("until"), now), reason_of(invocation.text("reason"))
    words = invocation.text("set")
    with told_whole():
        config = await file.known()
        hosts = () if words == ALL else named_now(words, (*config.hosts, *config.disabled), config.sets)
        freeze = Freeze(words, hosts, until, reason, invocation.who, now)

        def added(before: Frozen) -> tuple[Freeze, ...]:
            mine = words, invocation.who
            return (*(each for each in _not_over(before, clock) if (each.words, each.who) != mine), freeze)

        await file.freezes.change(added)


async def _thaw(context: Context, invocation: Invocation) -> None:
    file, clock = context.file, context.manager.clock
    words = invocation.text("set")

    def left(before: Frozen) -> tuple[Freeze, ...]:
        there = _not_over(before, clock)
        if not any(each.words == words for each in there):
            known = ", ".join(dict.fromkeys(each.words for each in there)) or "none"
            raise ActionFailed(told(Say.NO_FREEZE, set=words, known=known))
        return tuple(each for each in there if each.words != words)

    with told_whole():
        await file.freezes.change(left)


def _not_over(frozen: Frozen, clock: Clock) -> tuple[Freeze, ...]:
    """What stays in the file, which others share: a clock that was set forward takes none of their freezes out."""
    return frozen.at(min(clock.wall(), clock.monotonic())).freezes


_SET = Argument("set", "the hosts: @all, ids, kvm[01-04], @tag, a set, with commas between them")

FREEZE = Action(
    "freeze",
    "freeze",
    None,
    "change nothing until a moment: freeze @prod 2026-12-02T06:00 the reason",
    Subject.NOTHING,
    changes=True,
    run=_freeze,
    arguments=(
        _SET,
        Argument("until", "a date with a time, such as 2026-12-02T06:00"),
        Argument("reason", "the reason, which everybody sees who is held back", rest=True),
    ),
    of_freezes=True,
)
THAW = Action(
    "thaw",
    "thaw",
    None,
    "end a freeze, by its set: thaw @prod",
    Subject.NOTHING,
    changes=True,
    run=_thaw,
    arguments=(_SET,),
    of_freezes=True,
)
