"""What all dialogues have in common: lines to read, and below them, in sight at any size, how they are answered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar, TypeVar

from textual import events, on
from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget

from .. import bindings
from ..early_keys import HearsNothingAtFirst
from ..shown import Words, styled

Answer = TypeVar("Answer")

FRAME = 4
"""Rows of the border and the padding."""


class Dialogue(HearsNothingAtFirst[Answer], ModalScreen[Answer]):
    """Shows lines, which are scrolled where they have no room, and below them `parts` and the choices.

    A small terminal must neither hide the keys that answer nor have anything agreed to that nobody could read.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings.DIALOGUE]

    def __init__(self, title: str, lines: Sequence[Content | str], choices: str, *, grave: bool = False) -> None:
        super().__init__()
        self._title = title
        self._lines = lines
        self._choices = choices
        self._grave = grave
        self._read = False
        self._leaving: tuple[Answer | None] | None = None

    def dismiss(self, result: Answer | None = None) -> AwaitComplete:
        """As Screen.dismiss. Where another screen lies over it (the lock, the palette), it goes once that has gone:
        Textual takes away whatever is on top."""
        if self.app.screen is self:
            return super().dismiss(result)
        self._leaving = (result,)
        return AwaitComplete()

    @on(events.ScreenResume)
    def _leave_at_last(self) -> None:
        if self._leaving is not None:
            (result,), self._leaving = self._leaving, None
            self.dismiss(result)

    def parts(self) -> Iterable[Widget]:
        """What stands between the lines and the choices: the inputs of a dialogue that has some."""
        return ()

    def choices_shown(self) -> Content:
        """How it is answered."""
        return styled(self._choices, "bold")

    def compose(self) -> ComposeResult:
        with Vertical(id="ask", classes="grave" if self._grave else "") as box:
            box.border_title = styled(self._title)
            with VerticalScroll(id="ask-lines", can_focus=False):
                for line in self._lines:
                    yield Words(line if isinstance(line, Content) else styled(line))
            yield from self.parts()
            yield Words(self.choices_shown(), id="choices")

    def on_resize(self, event: events.Resize) -> None:
        self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        """The lines alone give way where there is no room for all."""
        box, lines = self.query_one("#ask"), self._scrolled
        rest = [child for child in box.children if child is not lines]
        needed = sum(max(1, child.outer_size.height) for child in (*lines.children, *rest))  # a hidden gap has none now
        box.set_class(needed + FRAME > self.size.height, "-tall")

    @property
    def _scrolled(self) -> VerticalScroll:
        return self.query_one("#ask-lines", VerticalScroll)

    def action_scroll_lines(self, step: int) -> None:
        self._scrolled.scroll_relative(y=step, animate=False, force=True)

    def action_page_lines(self, direction: int) -> None:
        self.action_scroll_lines(direction * max(1, self._scrolled.size.height - 1))

    def is_read(self) -> bool:
        """Whether the last line is or was in view; where not, it is said how to get there."""
        lines = self._scrolled
        self._read = self._read or lines.scroll_offset.y + lines.size.height >= lines.virtual_size.height
        if not self._read:
            self.say(f"↓ to read it to its end first    {self._choices}")
        return self._read

    def say(self, words: str) -> None:
        """Say in place of the choices why an answer is none."""
        self.query_one("#choices", Words).say(styled(words, "bold $failed"))
