"""The base of every list and tree: one widget that draws only the lines in view, and again only those that changed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Generic, Protocol, TypeVar, runtime_checkable

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.content import Content
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.theme import Theme
from textual.widget import Widget

from ...model.fence import Fence
from ...model.message import told
from ...model.say import Say
from ...model.text import safe_pieces
from ..roles import role_style
from ..shown import styled, together
from ..text import Safe, cut, safe, without_first
from ..words import sentence
from .counted import CountedMoves

Spans = tuple[tuple[Safe, str], ...]
"""A line as drawn: pieces of safe text, each with the name of its role (one of `ui.roles`). No other text is drawn."""


Piece = tuple[str, str]
"""What becomes a span by `drawn`: a text that may hold anything, and its role."""


def drawn(*pieces: Piece) -> Spans:
    """A line of these pieces, each made safe."""
    return safe_pieces(pieces)


_log = logging.getLogger(__name__)

BAR = safe("▌")
"""Marks the line under the cursor: drawn in the colour of the focused title, and grey without the focus."""


class Keyed(Protocol):
    """A line of a model: `key` names the same thing from one model to the next."""

    @property
    def key(self) -> str: ...


L = TypeVar("L", bound=Keyed)


@runtime_checkable
class Placed(Protocol):
    """Lines that know the place of each key themselves, so that none need be made to find one."""

    @property
    def places(self) -> Mapping[str, int]: ...


class LinesView(CountedMoves, Generic[L]):
    """A list of lines under a title, with a cursor.

    A subclass gives `draw`, and may override `placeholder`, `line_highlighted` and `line_opened`. `set_lines` takes
    a new model at any rate: what is out of view costs nothing, and a line that draws the same is not painted again.
    The cursor stays on its key when the order changes, and where it is when its key goes.
    """

    ALLOW_SELECT = False
    SHOWS_CURSOR: ClassVar[bool] = True
    """False for lines that are only looked at."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"lines--cursor", "lines--cursor-blurred"}
    DEFAULT_CSS = """
    LinesView {
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        scrollbar-color: $rule;
        scrollbar-color-hover: $dim;
        scrollbar-color-active: $dim;
        scrollbar-background: $background;
        scrollbar-background-hover: $background;
        scrollbar-background-active: $background;
        border-top: solid $rule;
        border-title-color: $title;
        border-title-style: none;
        &:focus { border-title-color: $title-focus; border-title-style: bold; }
        & > .lines--cursor { background: $cursor; text-style: $cursor-style; }
        & > .lines--cursor-blurred { background: $cursor-blurred; text-style: $cursor-blurred-style; }
        &:nocolor > .lines--cursor { text-style: reverse; }
        &:nocolor > .lines--cursor-blurred { text-style: underline; }
    }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._lines: Sequence[L] = ()
        self._places: Mapping[str, int] = {}
        self._cursor = 0
        self._cursor_key: str | None = None
        self._drawn: dict[int, tuple[bool, Spans]] = {}
        self._drawn_for = (-1, Size(0, 0))
        self._styles_by_role: dict[tuple[str, bool], Style] = {}
        self._title = styled("")
        self._fence = Fence(_log)

    # What a subclass gives

    def draw(self, line: L, width: int) -> Spans:
        """One line in at most `width` cells, all of it safe text."""
        raise NotImplementedError

    def placeholder(self) -> Sequence[str]:
        """What stands here while there is no line: one or more sentences that name the key that helps."""
        return ()

    def line_highlighted(self, line: L | None) -> None:
        """The cursor has come to another key."""

    def line_opened(self, line: L) -> None:
        """Enter was pressed on the line, or it was double-clicked."""

    # The model

    @property
    def lines(self) -> Sequence[L]:
        return self._lines

    @property
    def cursor_place(self) -> int:
        """The number of the line under the cursor, from 0."""
        return self._cursor

    @property
    def cursor_line(self) -> L | None:
        """The line under the cursor; None where there is no line."""
        return self._lines[self._cursor] if self._cursor < len(self._lines) else None

    def set_lines(self, lines: Sequence[L]) -> None:
        """Show another model. Lines that are equal as drawn stay untouched on screen."""
        count_before = len(self._lines)
        self._lines = lines
        self._places = (
            lines.places if isinstance(lines, Placed) else {line.key: index for index, line in enumerate(lines)}
        )
        if len(lines) != count_before or not lines:
            self._take_size(count_before)
        height = self.scrollable_content_region.height
        was_in_view = self._in_view(self._cursor, height)
        key = self._cursor_key
        self._cursor = self._places.get(key, self._cursor) if key is not None else 0
        self._cursor = max(0, min(self._cursor, len(lines) - 1))
        if was_in_view and not self._in_view(self._cursor, height):
            self._show_cursor()
        self.redraw()
        self._announce()

    def _take_size(self, count_before: int) -> None:
        """Tell Textual how many lines there are. It lays the whole screen out anew for that, since a scrollbar may come
        or go; a list that is all in view before and after is spared it, and the panel of the next host is there sooner.
        """
        size = Size(1, len(self._lines))
        if max(len(self._lines), count_before) <= self.scrollable_content_region.height:
            self.set_reactive(Widget.virtual_size, size)
        else:
            self.virtual_size = size
        self.refresh()

    def set_title(self, title: Content) -> None:
        """The text in the line above; safe, since Content holds no markup."""
        if title != self._title:
            self._title = title
            self._draw_title()

    def _draw_title(self) -> None:
        # as Textual's own setter, which would have all lines painted again: only this one differs
        count = self.count.typed
        self._border_title = self._title if count is None else together(styled(f" {count}_ ", "$title"), self._title)
        self.refresh(Region(0, -1, self.outer_size.width, 1))

    def redraw(self, which: Callable[[L], bool] | None = None) -> None:
        """Draw the lines in view again (those that `which` says) and repaint where the drawing differs."""
        if not self.is_mounted or not self._lines or not (which is None or self._shows(which)):
            return
        top, (width, height) = self._frame()
        for row in range(min(height, len(self._lines) - top)):
            if which is None or which(self._lines[top + row]):
                self._draw_row(row, top, width)

    def _shows(self, which: Callable[[L], bool]) -> bool:
        """Whether one of the lines that are drawn is such: asked five times a second, where the frame is dear."""
        top, size = self._drawn_for
        return any(
            which(self._lines[number]) for number in range(max(top, 0), min(top + size.height, len(self._lines)))
        )

    def _redraw_at(self, *numbers: int) -> None:
        """As `redraw`, of the lines with these numbers."""
        if not self.is_mounted or not self._lines:
            return
        top, (width, height) = self._frame()
        for number in numbers:
            if 0 <= number - top < height and number < len(self._lines):
                self._draw_row(number - top, top, width)

    def _draw_row(self, row: int, top: int, width: int) -> None:
        drawing = self._drawing(top + row, width)
        if drawing != self._drawn.get(row):
            self._drawn[row] = drawing
            self.refresh(Region(0, row, width, 1))

    # The cursor

    def cursor_to(self, index: int) -> None:
        """Put the cursor on a line (or the nearest there is) and bring it into view."""
        before, self._cursor = self._cursor, max(0, min(index, len(self._lines) - 1))
        self._show_cursor()
        self._redraw_at(before, self._cursor)
        self._announce()

    def cursor_to_key(self, key: str) -> bool:
        """Put the cursor on the line of that key; False where there is none."""
        if key not in self._places:
            return False
        self.cursor_to(self._places[key])
        return True

    def move_by(self, steps: int) -> None:
        self.cursor_to(self._cursor + steps)

    def move_to(self, index: int) -> None:
        self.cursor_to(index)

    def move_to_end(self, direction: int) -> None:
        self.cursor_to(0 if direction < 0 else len(self._lines) - 1)

    def count_shown(self) -> None:
        self._draw_title()

    def action_open(self) -> None:
        line = self.cursor_line
        if line is not None:
            self.line_opened(line)

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        index = offset.y + self.scroll_offset.y
        if index < len(self._lines):
            self.cursor_to(index)
            if event.chain == 2:
                self.action_open()

    def _in_view(self, index: int, height: int | None = None) -> bool:
        """Whether a line is in sight, in a view of `height` rows where the caller knows that."""
        rows = self.scrollable_content_region.height if height is None else height
        return 0 <= index - self.scroll_offset.y < rows

    def _show_cursor(self) -> None:
        top, height = self.scroll_offset.y, self.scrollable_content_region.height
        # forced: after the model has grown, Textual refuses to scroll until the next layout shows the scrollbar
        if self._cursor < top:
            self.scroll_to(y=self._cursor, animate=False, force=True)
        elif self._cursor >= top + height > top:
            self.scroll_to(y=self._cursor - height + 1, animate=False, force=True)

    def _announce(self) -> None:
        line = self.cursor_line
        key = line.key if line is not None else None
        if key != self._cursor_key:
            self._cursor_key = key
            self.line_highlighted(line)

    # Painting

    def on_mount(self) -> None:
        self.app.theme_changed_signal.subscribe(self, self._restyle)

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._styles_by_role.clear()

    def on_focus(self) -> None:
        self._restyle()

    def on_blur(self) -> None:  # that of CountedMoves is called, too
        self._restyle()

    def _restyle(self, _theme: Theme | None = None) -> None:
        self._styles_by_role.clear()
        self.refresh()

    def on_resize(self, event: events.Resize) -> None:
        self._show_cursor()

    def render_line(self, y: int) -> Strip:
        top, (width, _) = self._frame()
        if not self._lines:
            return self._placeholder_line(y, width)
        index = top + y
        if index >= len(self._lines):
            return Strip.blank(width, self.rich_style)
        if y not in self._drawn:
            self._drawn[y] = self._drawing(index, width)
        at_cursor, spans = self._drawn[y]
        if at_cursor:
            spans = self._with_bar(spans)
        segments = [_segment(text, self._style(role, at_cursor)) for text, role in spans]
        return Strip(segments).adjust_cell_length(width, self._style("text", at_cursor))

    def _frame(self) -> tuple[int, Size]:
        """First line in view and the size of the view; forgets the drawings of another frame."""
        frame = (self.scroll_offset.y, self.scrollable_content_region.size)
        if frame != self._drawn_for:
            self._drawn_for = frame
            self._drawn.clear()
            if not frame[1].height:  # out of sight: Textual would show what it has painted once it is back
                self.refresh()
        return frame

    def _drawing(self, index: int, width: int) -> tuple[bool, Spans]:
        line = self._lines[index]
        try:
            spans = self.draw(line, width)
        except Exception as error:  # noqa: BLE001 - it costs that line, not the screen
            instead = told(Say.NOT_DRAWN, kind=type(error).__name__)
            cause = self._fence.caught(error, "the line of %s cannot be drawn", line.key, instead)
            spans = ((cut(safe(f" {line.key}: {sentence(cause)}"), width), "failed"),)
        return index == self._cursor and self.SHOWS_CURSOR, spans

    def _placeholder_line(self, y: int, width: int) -> Strip:
        sentences = self.placeholder()
        row = y - (1 if self.size.height > len(sentences) else 0)
        text = cut(safe(f" {sentences[row]}" if 0 <= row < len(sentences) else ""), width)
        return Strip([_segment(text, self._style("dim", False))]).adjust_cell_length(width, self.rich_style)

    def _style(self, role: str, at_cursor: bool) -> Style:
        style = self._styles_by_role.get((role, at_cursor))
        if style is None:
            style = self.rich_style + role_style(self.app, role)
            if at_cursor:
                style = self._under_cursor(style)
            self._styles_by_role[role, at_cursor] = style
        return style

    def _with_bar(self, spans: Spans) -> Spans:
        """The bar in the first cell of the line under the cursor, where that is blank. The ground of the line can only
        differ a little from the others, or no text could be read on both; the bar is seen from afar, in any palette."""
        ground = self._style("text", True)
        shown = self.has_focus or ground.bgcolor != self.rich_style.bgcolor or ground.underline
        if ground.reverse or not shown or not spans or not spans[0][0].startswith(" "):
            return spans
        (text, role), *rest = spans
        return ((BAR, "bar" if self.has_focus else "dim"), (without_first(text), role), *rest)

    def _under_cursor(self, style: Style) -> Style:
        name = "lines--cursor" if self.has_focus else "lines--cursor-blurred"
        cursor = self.get_component_rich_style(name)
        if cursor.reverse:  # coloured text reversed would be a row of coloured blocks: the plain colours turn instead
            return self.rich_style + Style(reverse=True)
        marked = Style(bgcolor=cursor.bgcolor, bold=cursor.bold, underline=cursor.underline)
        return style + marked


def _segment(text: Safe, style: Style) -> Segment:
    """What rich paints as it is: the only place that hands text to it, and it takes no other than safe text."""
    return Segment(text, style)
