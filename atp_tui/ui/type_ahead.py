"""Keys that come in one go, typed fast over a slow line: each is for the region to which the one before has led."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence

from textual import events
from textual.app import App
from textual.dom import DOMNode
from textual.widgets import Input

LAPS = {"enter": 4, "escape": 4, "ctrl+c": 4}
"""Ways through the focused widget and all that it is in until what a key has set off has come to its end: Enter in the
command line, say, is a submission, then a request, then another focus. One for each other key that leads elsewhere."""

STAYS = frozenset({"up", "down", "left", "right", "pageup", "pagedown", "home", "end", "j", "k", "space", "backspace"})
"""Keys that lead nowhere, in no region: those behind them need not wait, and one that is held down stays fast."""

LONGEST = 2.0
"""Seconds after which the next key has its turn in any case: a safeguard, no part of how it works."""


class TypeAheadApp(App[object]):
    """Handles one key at a time. Textual gives a key to the widget that has the focus as it comes, while the key before
    is still on its way: of `!reboot` in one go it would give `r` to the list of hosts."""

    _turn = 0
    _handling = False

    def __init__(self, *arguments: object, **named: object) -> None:
        super().__init__(*arguments, **named)  # type: ignore[arg-type]  # what App takes
        self._waiting: deque[events.Key | events.Paste] = deque()

    async def on_event(self, event: events.Event) -> None:
        if not isinstance(event, events.Key | events.Paste) or event.is_forwarded:
            await super().on_event(event)
        elif self._handling:
            self._waiting.append(event)
        else:
            await self._handle(event)

    async def _handle(self, event: events.Key | events.Paste) -> None:
        leads = self._leads(event)
        if leads:
            self._turn += 1
            self._handling = True
            asyncio.get_running_loop().call_later(LONGEST, self.call_later, self._ended, self._turn)
        await super().on_event(event)
        if leads:
            self._go_behind(self._turn, LAPS.get(event.key, 1) if isinstance(event, events.Key) else 1)

    def _leads(self, event: events.Key | events.Paste) -> bool:
        """Whether the next key may be for another widget."""
        if isinstance(event, events.Paste) or event.key in STAYS:
            return False
        return not (event.is_printable and isinstance(self.focused, Input))

    def _go_behind(self, turn: int, laps: int) -> None:
        """Go the way that the key goes, through the queue of each widget that it bubbles to, and come back here."""
        where = self.focused or (self.screen if self.screen_stack else self)
        self._hop((*where.ancestors_with_self, self), turn, laps)

    def _hop(self, way: Sequence[DOMNode], turn: int, laps: int) -> None:
        if turn != self._turn:
            return
        for number, node in enumerate(way, start=1):
            if node.call_later(self._hop, way[number:], turn, laps):
                return  # one that is being closed, as a dialogue with its answer, takes nothing: the next one
        if laps > 1 and self._waiting:
            self._go_behind(turn, laps - 1)
        else:
            self.call_later(self._ended, turn)  # behind a focus that the key has asked for

    async def _ended(self, turn: int) -> None:
        if turn == self._turn:
            self._handling = False
            while self._waiting and not self._handling:
                await self._handle(self._waiting.popleft())
