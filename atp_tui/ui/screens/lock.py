"""The screen that hides everything until a person shows that it is the one who was there before."""

from __future__ import annotations

from typing import Protocol

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from ...model.credential import Secret
from ...model.questions import Locked
from ..question_words import Ask, asked
from ..shown import Words, styled
from .password import HiddenInput

ROWS, CELLS = 12, 50
"""The room that the frame and all sentences want."""


class Unlocks(Protocol):
    """The fleet, as far as its lock goes."""

    def locked(self) -> Locked | None: ...
    async def unlock(self, secret: Secret | None, /) -> bool: ...


class LockScreen(ModalScreen[None]):
    """Lies over all others, and stays until the fleet is unlocked. No command gets by it."""

    def __init__(self, fleet: Unlocks) -> None:
        super().__init__()
        self._fleet = fleet
        locked = fleet.locked()
        self._wants_proof = locked is not None and locked.wants_proof
        self._tries = False

    def compose(self) -> ComposeResult:
        with Vertical(id="lock") as box:
            box.border_title = styled(asked(Ask.LOCKED))
            yield Words(styled(asked(Ask.LOCKED_FORGETS)), id="forgets")
            yield Words(styled(asked(Ask.UNLOCK_BY_PROOF if self._wants_proof else Ask.UNLOCK_BY_KEY)))
            if self._wants_proof:
                yield HiddenInput(id="proof")
            yield Words(id="refused")

    def on_resize(self, event: events.Resize) -> None:
        """In little room the field comes before the frame and what is only good to know."""
        self.set_class(event.size.height < ROWS or event.size.width < CELLS, "-small")

    def on_mount(self) -> None:
        if self._wants_proof:
            self.query_one(Input).focus()

    def may_be_left(self) -> bool:
        """Never by a command."""
        return False

    @on(events.ScreenResume)
    def _look(self) -> None:
        if self._fleet.locked() is None:  # another one, which lay over it, was the one that was answered
            self.dismiss(None)

    async def on_key(self, event: events.Key) -> None:
        if not self._wants_proof:
            event.stop()
            await self._try(None)

    @on(Input.Submitted)
    async def _submitted(self, event: Input.Submitted) -> None:
        secret = Secret(event.value)
        event.input.clear()
        await self._try(secret)

    async def _try(self, secret: Secret | None) -> None:
        if self._tries:  # one at a time: a guess is to cost its time
            return
        self._tries = True
        try:
            if await self._fleet.unlock(secret):
                self.dismiss(None)
                return
        finally:
            self._tries = False
        self.query_one("#refused", Words).say(styled(asked(Ask.UNLOCK_REFUSED), "bold $failed"))
