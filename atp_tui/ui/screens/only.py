"""The list of the status line's sums, each with the key that shows only what it counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import ModalScreen

from .. import bindings
from ..focus import FocusInSight
from ..keymap import Keymap
from ..shown import styled, together
from ..sums import Sum, sums
from ..text import width_of
from ..views.spec import ViewCommand
from ..widgets.lines import LinesView, Spans, drawn

ONLY = ViewCommand("only", "show only", "show what a sum counts", lambda _: (each.name for each in sums()))
"""How `:only` is completed."""


class SumLine(NamedTuple):
    """One sum: its name, its key as a person reads it, its number and its words, and the colour of these."""

    key: str
    sign: str
    number: str
    words: str
    role: str


class SumLines(LinesView[SumLine]):
    """Enter or a double click chooses one; so does a click, as on the status line itself."""

    def __init__(self, lines: Sequence[SumLine]) -> None:
        super().__init__(id="sums")
        self._given = lines
        self._digits = max((width_of(line.number) for line in lines), default=0)

    def on_mount(self) -> None:
        super().on_mount()
        self.styles.height = len(self._given) + 1  # and the title
        self.set_lines(self._given)

    def placeholder(self) -> Sequence[str]:
        return ("No sum counts anything now.",)

    def draw(self, line: SumLine, width: int) -> Spans:
        return drawn(
            (f"  {line.sign:<2}", "title"), (f"{line.number:>{self._digits}} ", line.role), (line.words, "text")
        )  # fmt: skip

    def line_opened(self, line: SumLine) -> None:
        self.screen.dismiss(line.key)


class OnlyScreen(FocusInSight[str], ModalScreen[str]):
    """Gives the name of the sum that was chosen; "" for none. Its keys act at once: what they do is soon undone."""

    AUTO_FOCUS = "#sums"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings.ONLY]

    def __init__(self, counted: Sequence[tuple[Sum, float]], keys: Keymap) -> None:
        super().__init__()
        self._lines = SumLines(
            [SumLine(each.name, keys.sign(f"only.{each.name}"), _number(number), each.words, each.role)
             for each, number in counted]
        )  # fmt: skip
        self._lines.set_title(
            together(styled(" show only  "), styled(f"{keys.sign('only.leave')} back ", "not bold $dim"))
        )

    def compose(self) -> ComposeResult:
        yield self._lines

    def action_choose(self, name: str) -> None:
        self.dismiss(name)


def _number(number: float) -> str:
    return f"{number:,.0f}" if number == int(number) else f"{number:,.1f}"
