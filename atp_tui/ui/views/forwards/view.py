"""The view of the forwards. Leaving it closes none; they close with the program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from ....engine.fleet import Fleet
from ....model.forward import Forward
from ...copying import copied
from ...glyphs import Glyphs
from ...messages import CommandLineRequested, Copied
from ...shown import styled
from ...text import safe, width_of
from ...widgets.lines import LinesView, Spans
from ..view import Pointed, ResultsRoom, View, ViewServices
from .drawing import draw_forward
from .keys import FORWARDS


class ForwardLine:
    """A forward as a line, which is the same one as it goes on."""

    def __init__(self, forward: Forward) -> None:
        self.forward = forward

    @property
    def key(self) -> str:
        """What tells lines apart."""
        return str(self.forward.number)


class ForwardList(LinesView[ForwardLine]):
    """Shows what the fleet has; posts CommandLineRequested and Copied."""

    BINDINGS: ClassVar[list[BindingType]] = [*FORWARDS]

    def __init__(self, fleet: Fleet, glyphs: Glyphs) -> None:
        super().__init__(id="forwards")
        self._fleet = fleet
        self._glyphs = glyphs
        self._widths = (0, 0, 0)
        self._known: tuple[Forward, ...] | None = None

    def look(self) -> None:
        """Take over what is there now."""
        found = self._fleet.forwards()
        if found == self._known:
            return
        self._known = found
        texts = [tuple(map(safe, (str(each.near), each.host, str(each.far)))) for each in found]
        near, host, far = (max((width_of(text[place]) for text in texts), default=0) for place in range(3))
        self._widths = near, host, far
        self.set_lines([ForwardLine(each) for each in found])
        self.redraw()
        active = sum(each.active for each in found)
        number = f" {len(found)} {self._glyphs.separator} {active} connection{'s' * (active != 1)}" if found else ""
        self.set_title(styled(safe(f" Forwards{number} ")))

    def draw(self, line: ForwardLine, width: int) -> Spans:
        return draw_forward(line.forward, width, self._widths, self._glyphs)

    def placeholder(self) -> Sequence[str]:
        return ("No forward is open.", "On a host, type :forward 8080:localhost:80")

    def action_close(self) -> None:
        if (line := self.cursor_line) is not None:
            self.post_message(CommandLineRequested("close-forward", line.key))

    def action_copy(self) -> None:
        if (line := self.cursor_line) is not None:
            self.post_message(Copied(1, taken=copied(self.app, safe(str(line.forward.near)))))


class ForwardsView(View):
    """One list; commands go to the host of the forward under the cursor."""

    RESULTS: ClassVar[ResultsRoom] = ResultsRoom.NONE

    def __init__(self, given: ViewServices) -> None:
        super().__init__(id="forwards-view")
        self.forwards = ForwardList(given.fleet, given.glyphs)

    def compose(self) -> ComposeResult:
        yield self.forwards

    def look(self, described: bool) -> None:
        self.forwards.look()

    def tick(self) -> None:
        self.forwards.look()

    def take_focus(self) -> None:
        self.forwards.focus()

    @property
    def list(self) -> LinesView[Any]:
        return self.forwards

    @property
    def pointed(self) -> Pointed:
        line = self.forwards.cursor_line
        return Pointed() if line is None else Pointed(cursor=(line.forward.host,))
