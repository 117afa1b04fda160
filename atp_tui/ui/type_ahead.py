"""Keys that come in one go, typed fast over a slow line: each is for the region to which the one before has led."""

from __future__ import annotations

import asyncio
from collections import deque

from textual import events, on
from textual.app import App
from textual.message import Message

LAPS = 4
"""Ways through the focused widget and all that it is in, until what a key has set off has come to its end: Enter in the
command line is a submission, then a request, then another focus."""

LONGEST = 0.25
"""Seconds after which the next key has its turn in any case, as where the widget in question has been taken away."""


class _Lap(Message, bubble=True):
    """Goes the way that a key goes, behind it: when it comes back to the application, the key has been handled."""

    def __init__(self, turn: int, left: int) -> None:
        super().__init__()
        self.turn = turn
        self.left = left


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
        self._turn += 1
        self._handling = True
        asyncio.get_running_loop().call_later(LONGEST, self.call_later, self._ended, self._turn)
        await super().on_event(event)
        self._send_lap(self._turn, LAPS)

    def _send_lap(self, turn: int, left: int) -> None:
        where = self.focused or (self.screen if self.screen_stack else None)
        if where is not None:
            where.post_message(_Lap(turn, left - 1))

    @on(_Lap)
    async def _lap_ended(self, lap: _Lap) -> None:
        if lap.turn == self._turn and lap.left and self._waiting:
            self.call_later(self._send_lap, lap.turn, lap.left)  # behind what the key has asked of the application
        else:
            await self._ended(lap.turn)

    async def _ended(self, turn: int) -> None:
        if turn == self._turn and self._handling:
            self._handling = False
            if self._waiting:
                await self._handle(self._waiting.popleft())
