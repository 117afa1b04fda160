"""`follow`: the lines of all hosts in one order, as they come, with marks where something is to be said of a host."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable, Sequence

from ...executor.followed import Followed, Following, Line
from ...model.bounded import LINE, bounded
from ...model.outcome import CommandResult, Outcome
from ..follow_words import FollowWords
from .followed_lines import AsJson, AsText
from .running import Running, Showing

GAP = 0.02
"""Seconds between two looks at what has waited long enough, at least."""


class AsFollowed(Showing):
    """Lines as objects or as text. Raises ConfigError for an expression that cannot be used."""

    streamed = True

    def __init__(self, words: FollowWords) -> None:
        self._words = words
        self._wanted = tuple(bounded("--filter", each) for each in words.filters)
        self._unwanted = tuple(bounded("--exclude", each) for each in words.excludes)

    async def meanwhile(self, running: Running) -> OSError | None:
        """A slow reader holds the commands up. The result: what kept the lines from being written."""
        words = self._words
        following = Following(words.window, reads_times=words.reads_times)
        loop = asyncio.get_running_loop()
        async with running.live(quiet=True) as (live, _):
            write = AsJson(live) if words.jsonl else AsText(live, running.names, label=words.label, time=words.time)
            tell = _Teller(loop, following, lambda found: write.all(self._passing(found, running)))
            async for event in running.events(live, quiet=True):
                following.apply(event, loop.time())
                tell.now()
                await live.room()
            tell.end()
        return live.gone

    def _passing(self, found: Iterable[Followed], running: Running) -> Iterable[Followed]:
        """Lines that pass the filters, and marks but for those that a person knows of who has ended it."""
        left = running.interrupt.number is not None and not self._words.jsonl
        for each in found:
            if isinstance(each, Line):
                if self._passes(each.said):
                    yield each
            elif each.result is None or not (left and _as_asked(each.result)):
                yield each

    def _passes(self, said: bytes) -> bool:
        if not (self._wanted or self._unwanted):
            return True
        line = said[:LINE]
        return (not self._wanted or _any(self._wanted, line)) and not _any(self._unwanted, line)

    def last(self, results: Sequence[CommandResult]) -> int:
        """All was shown."""
        return 0


class _Teller:
    """Writes what has waited long enough, when something has come and when its time is there."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, following: Following, write: Callable[[list[Followed]], object]
    ) -> None:
        self._loop = loop
        self._following = following
        self._write = write
        self._timer: asyncio.TimerHandle | None = None

    def now(self) -> None:
        """Write what is due, and look again when more is."""
        now = self._loop.time()
        if found := self._following.out(now):
            self._write(found)
        due = self._following.due
        if due is not None and self._timer is None:
            self._timer = self._loop.call_at(max(due, now + GAP), self._tick)

    def _tick(self) -> None:
        self._timer = None
        self.now()

    def end(self) -> None:
        """Write all that is left."""
        if self._timer is not None:
            self._timer.cancel()
        self._write(self._following.rest())


def _any(expressions: Iterable[re.Pattern[bytes]], line: bytes) -> bool:
    return any(each.search(line) for each in expressions)


def _as_asked(result: CommandResult) -> bool:
    """Whether a host has ended as a person wants it who ends all."""
    return not result.may_still_run and result.outcome is not Outcome.ERROR
