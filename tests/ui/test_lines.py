"""The virtualised list: what is drawn, what is drawn again, and where the cursor stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from textual.app import ComposeResult
from textual.content import Content
from textual.pilot import Pilot
from textual.screen import Screen
from textual.strip import Strip

from atp_tui.model.text import safe
from atp_tui.ui.widgets.lines import LinesView, Spans

from .rows import ThemedApp, screen_of


@dataclass(frozen=True)
class Row:
    key: str
    text: str


class Rows(LinesView[Row]):
    """Remembers what was drawn, highlighted and opened."""

    DEFAULT_CSS = "Rows { height: 1fr; }"

    def __init__(self) -> None:
        super().__init__()
        self.drawn: list[str] = []
        self.painted: list[int] = []
        self.highlighted: list[str | None] = []
        self.opened: list[str] = []

    def draw(self, line: Row, width: int) -> Spans:
        self.drawn.append(line.key)
        return ((safe(line.text), "text"),)

    def render_line(self, y: int) -> Strip:
        self.painted.append(y)
        return super().render_line(y)

    def placeholder(self) -> Sequence[str]:
        return ("Nothing here.", "Press n.")

    def line_highlighted(self, line: Row | None) -> None:
        self.highlighted.append(line.key if line else None)

    def line_opened(self, line: Row) -> None:
        self.opened.append(line.key)


class RowsScreen(Screen[None]):
    """Counts how often all its widgets were laid out."""

    layouts = 0

    def compose(self) -> ComposeResult:
        yield Rows()

    def _refresh_layout(self, *arguments: Any, **named: Any) -> None:
        self.layouts += 1
        super()._refresh_layout(*arguments, **named)


class RowsApp(ThemedApp):
    def get_default_screen(self) -> RowsScreen:
        return RowsScreen()

    @property
    def rows(self) -> Rows:
        return self.query_one(Rows)

    @property
    def layouts(self) -> int:
        assert isinstance(self.screen, RowsScreen)
        return self.screen.layouts


def numbered(count: int, text: str = "line") -> list[Row]:
    return [Row(str(number), f"{text} {number}") for number in range(count)]


async def shown(pilot: Pilot[None]) -> list[str]:
    await pilot.pause()
    return [line.rstrip() for line in screen_of(pilot.app)]


async def test_only_lines_in_view_are_drawn() -> None:
    app = RowsApp()
    async with app.run_test(size=(30, 6)) as pilot:
        app.rows.set_lines(numbered(10_000))
        assert [line[:8].rstrip() for line in (await shown(pilot))[1:]] == [f"line {n}" for n in range(5)]
        assert set(app.rows.drawn) == {"0", "1", "2", "3", "4"}


async def test_what_draws_the_same_is_not_painted_again() -> None:
    app = RowsApp()
    async with app.run_test(size=(30, 6)) as pilot:
        app.rows.set_lines(numbered(5))
        await shown(pilot)
        app.rows.painted.clear()
        changed = numbered(5)
        changed[3] = Row("3", "other")
        app.rows.set_lines(changed)
        assert (await shown(pilot))[4] == "other"
        assert app.rows.painted == [3]


async def test_the_cursor_stays_on_its_key_when_the_order_changes() -> None:
    app = RowsApp()
    async with app.run_test(size=(30, 6)) as pilot:
        app.rows.set_lines(numbered(30))
        app.rows.cursor_to(9)
        app.rows.set_lines(numbered(30)[::-1])
        lines = await shown(pilot)
        assert app.rows.cursor_line == Row("9", "line 9")
        assert any(line.startswith("line 9") for line in lines), lines
        assert app.rows.highlighted == ["0", "9"]


async def test_the_cursor_stays_in_place_when_its_key_goes() -> None:
    app = RowsApp()
    async with app.run_test(size=(30, 6)):
        app.rows.set_lines(numbered(5))
        app.rows.cursor_to(4)
        app.rows.set_lines(numbered(3))
        assert app.rows.cursor_line == Row("2", "line 2")
        app.rows.set_lines([])
        assert app.rows.cursor_line is None
        assert app.rows.highlighted == ["0", "4", "2", None]


async def test_someone_who_scrolled_away_is_not_pulled_back() -> None:
    app = RowsApp()
    async with app.run_test(size=(30, 6)) as pilot:
        app.rows.set_lines(numbered(30))
        await shown(pilot)
        app.rows.scroll_to(y=20, animate=False)
        app.rows.set_lines(numbered(30, "new"))
        assert (await shown(pilot))[1].startswith("new 20")
        assert app.rows.cursor_line == Row("0", "new 0")


async def test_keys_and_mouse_move_the_cursor() -> None:
    app = RowsApp()
    async with app.run_test(size=(30, 6)) as pilot:
        app.rows.focus()
        app.rows.set_lines(numbered(30))
        await pilot.pause()
        where = []
        for key in ("down", "j", "up", "k", "pagedown", "end", "pageup", "home"):
            await pilot.press(key)
            assert app.rows.cursor_line is not None
            where.append(app.rows.cursor_line.key)
        assert where == ["1", "2", "1", "0", "4", "29", "25", "0"]
        await pilot.click(Rows, offset=(3, 3))
        assert app.rows.cursor_line == Row("2", "line 2")
        await pilot.press("enter")
        await pilot.click(Rows, offset=(3, 4), times=2)
        assert app.rows.opened == ["2", "3"]


async def test_a_taller_window_shows_no_old_line() -> None:
    app = RowsApp()
    async with app.run_test(size=(30, 12)) as pilot:
        app.rows.set_lines(numbered(8))
        await shown(pilot)
        await pilot.resize_terminal(30, 6)
        await pilot.pause()
        app.rows.set_lines(numbered(8, "new"))
        await pilot.resize_terminal(30, 12)
        assert [line[:5] for line in (await shown(pilot))[1:9]] == [f"new {n}" for n in range(8)]


async def test_an_empty_list_teaches() -> None:
    app = RowsApp()
    async with app.run_test(size=(30, 6)) as pilot:
        assert (await shown(pilot))[1:5] == ["", " Nothing here.", " Press n.", ""]
        app.rows.set_lines(numbered(1))
        assert (await shown(pilot))[1] == "line 0"
        app.rows.set_lines([])
        assert (await shown(pilot))[2] == " Nothing here."


async def test_titles_and_lines_hold_no_markup() -> None:
    app = RowsApp()
    async with app.run_test(size=(40, 6)) as pilot:
        app.rows.set_title(Content(" vm[/] [@click=app.quit]x[/] "))
        app.rows.set_lines([Row("a", "vm[/] \x1b[31m [@click=app.quit]x[/]")])
        lines = await shown(pilot)
        assert "vm[/] [@click=app.quit]x[/]" in lines[0]
        assert lines[1] == "vm[/] ␛[31m [@click=app.quit]x[/]"


async def test_the_focus_is_seen_in_the_title_and_the_cursor() -> None:
    app = RowsApp()
    async with app.run_test(size=(30, 6)) as pilot:
        app.rows.set_lines(numbered(3))
        app.set_focus(None)
        await pilot.pause()
        blurred = next(iter(app.rows.render_line(0))).style
        app.rows.focus()
        await pilot.pause()
        focused = next(iter(app.rows.render_line(0))).style
        plain = next(iter(app.rows.render_line(1))).style
        assert blurred is not None
        assert focused is not None
        assert plain is not None
        assert len({blurred.bgcolor, focused.bgcolor, plain.bgcolor}) == 3


async def test_a_list_grows_in_view_then_beyond_it_and_shrinks_again() -> None:
    app = RowsApp()
    async with app.run_test(size=(30, 6)) as pilot:
        for count in (2, 5, 3, 40, 4, 7, 0, 5):
            app.rows.set_lines(numbered(count, f"of {count}:"))
            # the last column is the scrollbar's where there is one
            lines = [line[:12].rstrip() for line in (await shown(pilot))[1:]]
            wanted = [f"of {count}: {number}" for number in range(min(count, 5))]
            if count:
                assert lines == wanted + [""] * (5 - len(wanted))
            assert app.rows.show_vertical_scrollbar is (count > 5)
            assert app.rows.max_scroll_y == max(0, count - 5)
            await pilot.press("end")
            await pilot.pause()
            assert app.rows.scroll_offset.y == max(0, count - 5)
            await pilot.press("home")


async def test_a_list_that_stays_in_view_has_nothing_laid_out_anew() -> None:
    app = RowsApp()
    async with app.run_test(size=(30, 6)) as pilot:
        app.rows.set_lines(numbered(2))
        await shown(pilot)
        before = app.layouts
        app.rows.set_lines(numbered(4))
        assert (await shown(pilot))[4] == "line 3"
        assert app.layouts == before
        app.rows.set_lines(numbered(9))
        await shown(pilot)
        assert app.layouts > before
