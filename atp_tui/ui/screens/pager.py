"""One host's output with all the room of the screen: read, searched, as it came."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, overload

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import ModalScreen
from textual.widgets import Input

from ...model.bounded import bounded
from ...model.data_class import dataclass
from ...model.errors import ConfigError
from .. import bindings
from ..keymap import Keymap
from ..pace import Paced
from ..shown import Words, styled
from ..text import cut, safe
from ..turns import Turns
from ..typeable import TYPEABLE
from ..widgets.answer_filter import pauses_after, searched
from ..widgets.answer_heads import LABEL_WIDTH
from ..widgets.answers import clip
from ..widgets.lines import LinesView, Spans, drawn
from ..widgets.one_line import OneLine
from ..widgets.output_line import shown_spans

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

    def __init__(self, output: bytes, instead: str) -> None:
        super().__init__(id="pager")
        self._instead = instead
        self.raw = RawLines(output)

    def on_mount(self) -> None:
        super().on_mount()
        self.set_lines(self.raw)

    def draw(self, line: RawLine, width: int) -> Spans:
        return clip((*_MARGIN, *shown_spans(line.said)), width)

    def placeholder(self) -> Sequence[str]:
        return (self._instead,)


class PagerScreen(Paced, ModalScreen[None]):
    """`/` searches by a regular expression, `n` and `N` go on to the next line and back to the one before.

    `truncated`: the host has said more than is there. `error` stands where it has said nothing.
    """

    AUTO_FOCUS = "#pager"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings.PAGER]
    DEFAULT_CSS = """
    PagerScreen {
        background: $background;
        & > #pager { height: 1fr; }
        & > #searched { display: none; }
        & > #searched.-open { display: block; }
        & > #pager-keys { height: 1; padding: 0 1; }
    }
    """

    def __init__(
        self,
        host: str,
        job: str,
        output: bytes,
        keys: Keymap,
        *,
        truncated: bool = False,
        error: str = "",
        spilled: str = "",
    ) -> None:
        super().__init__()
        self._host, self._job = cut(safe(host), LABEL_WIDTH), safe(job)
        self._truncated, self._spilled = truncated, safe(spilled)
        self._lines = PagerLines(output, error or "It said nothing.")
        self._keys = (
            f"{keys.sign('pager.search')} search   {keys.sign('pager.next', 'pager.before')} next, before   "
            f"{keys.sign('pager.close')} closes"
        )
        self._asked = ""
        self._search = Turns(self.set_timer)

    def compose(self) -> ComposeResult:
        yield self._lines
        yield OneLine(id="searched", compact=True, placeholder="a regular expression", restrict=TYPEABLE)
        yield Words(styled(self._keys, "$dim"), id="pager-keys")

    def on_mount(self) -> None:
        count = len(self._lines.raw)
        more = ", more was said than is kept" if self._truncated else ""
        more += f", all of it in {self._spilled}" if self._spilled else ""
        self._tell(f"{count} line{'s' * (count != 1)}{more}")

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
        found: list[int] = []

        def steps() -> Iterator[None]:
            for number in range(1, len(said) + 1):
                place = (begin + step * number) % len(said)
                if pattern.search(searched(said[place])):
                    found.append(place)
                    return
                if pauses_after(number, said[place]):
                    yield

        self._tell("searching …")
        self._search.begin(steps(), lambda: self._found(found))

    def _found(self, places: Sequence[int]) -> None:
        if places:
            self._lines.cursor_to(places[0])
            self._tell(f"line {places[0] + 1} of {len(self._lines.raw)}")
        else:
            self._tell(f"not found: {self._asked}")

    def _tell(self, words: str) -> None:
        self._lines.set_title(styled(f" {self._host}  {safe(words)}  {self._job} "))
