"""One host's output with all the room of the screen: read, searched, as it came."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, overload

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import ModalScreen
from textual.widgets import Input

from ...model.bounded import LINE, bounded
from ...model.errors import ConfigError
from .. import bindings
from ..keymap import Keymap
from ..pace import Paced
from ..shown import styled
from ..text import safe
from ..typeable import TYPEABLE
from ..widgets.answers import clip
from ..widgets.lines import LinesView, Spans, drawn
from ..widgets.output_line import shown_spans

SEARCHED = 10_000
"""Lines that are searched between two turns of the event loop: some milliseconds."""

_MARGIN = drawn((" ", "text"))


@dataclass(frozen=True, slots=True)
class RawLine:
    """One line; `key` is its number."""

    key: str
    said: bytes


class RawLines(Sequence[RawLine]):
    """The lines of an output, each made as it is looked at: there may be a million."""

    def __init__(self, output: bytes) -> None:
        self.said = output.split(b"\n") if output else []

    def __len__(self) -> int:
        return len(self.said)

    @overload
    def __getitem__(self, index: int) -> RawLine: ...
    @overload
    def __getitem__(self, index: slice) -> list[RawLine]: ...
    def __getitem__(self, index: int | slice) -> RawLine | list[RawLine]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        return RawLine(str(index), self.said[index])

    @property
    def places(self) -> Mapping[str, int]:
        """The place of a line by its key."""
        return _Places(len(self))


class _Places(Mapping[str, int]):
    def __init__(self, count: int) -> None:
        self._count = count

    def __getitem__(self, key: str) -> int:
        if int(key) >= self._count:
            raise KeyError(key)
        return int(key)

    def __iter__(self) -> Iterator[str]:
        return map(str, range(self._count))

    def __len__(self) -> int:
        return self._count


class PagerLines(LinesView[RawLine]):
    """The lines of one output."""

    def __init__(self, output: bytes) -> None:
        super().__init__(id="pager")
        self.raw = RawLines(output)

    def on_mount(self) -> None:
        super().on_mount()
        self.set_lines(self.raw)

    def draw(self, line: RawLine, width: int) -> Spans:
        return clip((*_MARGIN, *shown_spans(line.said)), width)

    def placeholder(self) -> Sequence[str]:
        return ("It said nothing.",)


class PagerScreen(Paced, ModalScreen[None]):
    """`/` searches by a regular expression, `n` and `N` go on to the next line and back to the one before."""

    AUTO_FOCUS = "#pager"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings.PAGER]
    DEFAULT_CSS = """
    PagerScreen {
        background: $background;
        & > #pager { height: 1fr; }
        & > #searched { display: none; }
        & > #searched.-open { display: block; }
    }
    """

    def __init__(self, title: str, output: bytes, keys: Keymap) -> None:
        super().__init__()
        self._called = title
        self._lines = PagerLines(output)
        self._keys = (
            f"{keys.sign('pager.search')} search   {keys.sign('pager.next', 'pager.before')} next, before   "
            f"{keys.sign('pager.close')} closes"
        )
        self._asked = ""
        self._search: Iterator[int | None] | None = None

    def compose(self) -> ComposeResult:
        yield self._lines
        yield Input(id="searched", compact=True, placeholder="a regular expression", restrict=TYPEABLE)

    def on_mount(self) -> None:
        self._tell(f"{len(self._lines.raw)} lines")

    def action_search(self) -> None:
        field = self.query_one("#searched", Input)
        field.add_class("-open")
        field.focus()

    def action_leave(self) -> None:
        """Close the line of the search, or else the pager."""
        field = self.query_one("#searched", Input)
        if field.has_focus:
            self._close_search()
        else:
            self.dismiss(None)

    @on(Input.Submitted, "#searched")
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._asked = event.value
        self._close_search()
        self.action_find(1)

    def _close_search(self) -> None:
        self.query_one("#searched", Input).remove_class("-open")
        self._lines.focus()

    def action_find(self, step: int) -> None:
        """Look for the next line that matches, or the one before, round the ends."""
        if not self._asked:
            self.action_search()
            return
        try:
            pattern = bounded("search", self._asked)
        except ConfigError as error:
            self._tell(error.message)
            return
        said, begin = self._lines.raw.said, self._lines.cursor_place

        def found() -> Iterator[int | None]:
            for number in range(1, len(said) + 1):
                place = (begin + step * number) % len(said)
                if pattern.search(said[place][:LINE]):
                    yield place
                    return
                if number % SEARCHED == 0:
                    yield None

        self._search = found()
        self._tell("searching …")
        self._go_on(self._search)

    def _go_on(self, search: Iterator[int | None]) -> None:
        if search is not self._search:
            return  # another one was asked for
        place = next(search, -1)
        if place is None:
            self.set_timer(0.001, lambda: self._go_on(search))
        elif place < 0:
            self._tell(f"not found: {self._asked}")
        else:
            self._lines.cursor_to(place)
            self._tell(f"line {place + 1} of {len(self._lines.raw)}")

    def _tell(self, words: str) -> None:
        self._lines.set_title(styled(f" {safe(self._called)}  {safe(words)}   {self._keys} "))
