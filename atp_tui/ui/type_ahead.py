"""Keys that come in one go, typed fast over a slow line: each acts where, and after, the one before has acted."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from textual import events
from textual._queue import Queue
from textual.app import App
from textual.command import CommandPalette
from textual.message import Message
from textual.message_pump import MessagePump
from textual.widgets import Input

from .early_keys import HearsNothingAtFirst
from .pace import Paced
from .text import safe
from .typeable import one_line

Typed = events.Key | events.Paste | events.MouseDown | events.MouseUp | events.MouseScrollDown | events.MouseScrollUp
"""What a person does with keyboard and mouse, in the order in which the terminal told it; but no movements."""

LOOKS_AT_ONCE, PAUSE, LOOKS = 200, 0.005, 600
"""How often to look whether a key has come to rest: so many times without a pause, then each `PAUSE` seconds, and no
more than `LOOKS` times in all. That is no time limit: of a process that stood still it is one look. It keeps the
keyboard alive where a handler never ends."""


class TypeAheadApp(App[object]):
    """Gives one key at a time, and the next one only when the whole application is at rest.

    Textual hands a key to the widget that has the focus as it comes, while the key before may still be on its way: a
    printable one acts in the Input itself, `backspace` is a binding, which acts when the key has bubbled up to the App.
    So of keys that come in one read the printable ones overtake all others, and none follows a moving focus.
    docs/textual-key-order.md has the details.
    """

    # Textual would mark text by the mouse, which no key here copies: the terminal's own way (mostly with Shift) does.
    # And a press where a toast has been a moment ago would end the program (8.2.8, Screen._forward_event).
    ALLOW_SELECT = False

    def __init__(self, *arguments: object, **named: object) -> None:
        super().__init__(*arguments, **named)  # type: ignore[arg-type]  # what App takes
        self._typed: deque[Typed] = deque()
        self._given: Typed | None = None
        self._giving: asyncio.Task[None] | None = None
        self.last_key = ""
        """Textual's name of the key that was given last."""

    @property
    def is_awaited(self) -> bool:
        """Whether a person waits for what the last key sets off. Not while more keys are there: their frames count."""
        return self._giving is not None and not self._typed

    async def all_keys_done(self) -> None:
        """Return when all that was typed has been handled, to its end."""
        while self._giving is not None:
            await asyncio.wait((self._giving,))

    async def on_event(self, event: events.Event) -> None:
        if not isinstance(event, Typed) or event.is_forwarded or event is self._given:
            await super().on_event(event)
            return
        self._typed.append(event)
        if self._giving is None:
            self._begin()

    def _begin(self) -> None:
        self._giving = asyncio.create_task(self._give_in_turn(), name="keys")
        self._giving.add_done_callback(self._given_all)

    async def _give_in_turn(self) -> None:
        while self._typed:
            event = self._typed.popleft()
            if not _goes_on_with_a_word(event):
                await self._until(lambda: not self._works_for(CommandPalette))  # Enter chooses what has been found
            if self._is_early(event):
                continue
            if isinstance(event, events.Paste) and self._pasted(event) is None:
                await self._until(self._rests)  # what is said of it stands there, and can be replaced
                continue
            if isinstance(event, events.Key):
                self.last_key = event.key
            self._given = event
            if not self.post_message(event):
                self._typed.clear()  # the application ends
            await self._until(self._rests)
            if not self._typed and self.screen_stack and isinstance(self.screen, Paced):
                self.screen.rest()

    def _given_all(self, task: asyncio.Task[None]) -> None:
        self._given = self._giving = None
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Exception):
            self._handle_exception(error)
        elif self._typed and self._running:  # came between the last look and this call
            self._begin()

    def _pasted(self, event: events.Paste) -> events.Paste | None:
        """What an input of one line takes of a paste; None where it is refused, which is said."""
        if not self.screen_stack or not isinstance(self.focused, Input):
            return event
        try:
            event.text = one_line(event.text)
        except ValueError as error:
            self.refuse(str(error))
            return None
        return event

    def refuse(self, why: str) -> None:
        """Say over whatever screen there is that a key or a paste does nothing. Only the last one is said."""
        self.clear_notifications()
        self.notify(safe(why), severity="warning", markup=False)

    def _is_early(self, event: Typed) -> bool:
        """Whether the screen that is on top now does not listen yet."""
        screen = self.screen_stack[-1] if self.screen_stack else None
        return (
            isinstance(screen, HearsNothingAtFirst)
            and isinstance(event, events.Key | events.Paste)
            and screen.is_early(event)
        )

    async def _until(self, holds: Callable[[], bool]) -> None:
        for look in range(LOOKS):
            await asyncio.sleep(0 if look < LOOKS_AT_ONCE else PAUSE)
            if holds():
                return

    def _rests(self) -> bool:
        """Whether nothing that the last key has set off is under way any more, completion of the line included."""
        if not self.screen_stack:
            return True  # the application ends
        way = self.focused.ancestors_with_self if self.focused else ()  # a key is mostly on it: the look is short then
        return all(map(_waits, (self, *way))) and all(map(_waits, self._registry)) and not self._works_for(Input)

    def _works_for(self, kind: type[Input | CommandPalette]) -> bool:
        """Whether such a widget has work in the background. What commands have set off is none of theirs."""
        return any(isinstance(worker.node, kind) and not worker.is_finished for worker in self.workers)


def _waits(pump: MessagePump) -> bool:
    """Whether a widget, a screen or the application has nothing to do: its task waits for a message. There is no public
    way to ask. One that is not started or has ended takes nothing, so nobody waits for it."""
    if not isinstance(pump, App) and (pump._task is None or pump._task.done()):
        return True
    queue: Queue[Message | None] = pump._message_queue
    return queue.empty() and bool(queue.ready_event._waiters) and pump._pending_message is None


def _goes_on_with_a_word(event: Typed) -> bool:
    """Whether this only makes for another search, which ends the one before."""
    return isinstance(event, events.Key) and (event.is_printable or event.key == "backspace")
