"""The help: one list of what can be pressed and typed."""

from __future__ import annotations

import pytest
from textual.events import MouseScrollDown

from atp_tui.ui.screens.help import HelpScreen
from atp_tui.ui.widgets.help_page import HelpPage, help_lines

from .conftest import Opened, open_app
from .fleet_services import FleetServices
from .rows import text_of

SECTIONS = (("commands", (("  q   :quit", "leave, and ask first while something is still running"),)),
            ("hosts", (("space", "mark"), ("a\x1b[", "hostile\x1b[31m"))))  # fmt: skip


def page_of(opened: Opened) -> HelpPage:
    page = opened.app.focused
    assert isinstance(page, HelpPage)
    return page


def test_what_a_key_does_goes_on_below_itself_in_one_column_for_all() -> None:
    rows = [text_of(line.spans) for line in help_lines(SECTIONS, 40)]
    assert rows == [
        " commands",
        "     q   :quit  leave, and ask first",
        "                while something is",
        "                still running",
        "",
        " hosts",
        "   space        mark",
        "   a␛[          hostile␛[31m",
    ]


@pytest.mark.parametrize("width", [1, 20, 60, 80, 200])
def test_no_line_is_wider_than_the_page(width: int) -> None:
    for line in help_lines(SECTIONS, width):
        for text, _ in line.spans:
            assert "\x1b" not in text
    if width >= 40:
        assert all(len(text_of(line.spans)) <= width for line in help_lines(SECTIONS, width))


async def test_it_is_one_widget_that_is_made_once(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        await opened.press("question_mark")
        first = page_of(opened)
        assert isinstance(opened.app.screen, HelpScreen)
        assert [type(each) for each in opened.app.screen.query("*") if each.display] == [HelpPage]
        await opened.press("q")
        await opened.press("question_mark")
        assert page_of(opened) is first


@pytest.mark.parametrize("key", ["escape", "q", "question_mark", "ctrl+c"])
async def test_each_of_the_usual_keys_closes_it(fakes: FleetServices, key: str) -> None:
    async with open_app(fakes) as opened:
        for _ in range(2):
            await opened.press("question_mark")
            assert opened.has("esc closes")
            await opened.press(key)
            assert not opened.has("esc closes") and opened.app.focused is opened.hosts


async def test_it_scrolls_by_keys_and_wheel(fakes: FleetServices) -> None:
    async with open_app(fakes, (80, 24)) as opened:
        await opened.press("question_mark")
        page = page_of(opened)
        for key, place in (
            ("down", 1), ("j", 2), ("up", 1), ("k", 0), ("pagedown", 22), ("end", page.max_scroll_y),
            ("pageup", page.max_scroll_y - 22), ("home", 0),
        ):  # fmt: skip
            await opened.press(key)
            assert page.scroll_offset.y == min(max(place, 0), page.max_scroll_y), key
        assert page.max_scroll_y > 0
        page.post_message(MouseScrollDown(page, 5, 5, 0, 1, 0, False, False, False))
        await opened.until(lambda: page.scroll_offset.y > 0)


async def test_other_sizes_and_colours_are_taken_over_while_it_is_closed(fakes: FleetServices) -> None:
    async with open_app(fakes, (120, 40)) as opened:
        await opened.press("question_mark", "q")
        wide = len(opened.app.get_screen("help").query_one(HelpPage).lines)
        await opened.pilot.resize_terminal(70, 30)
        await opened.press("t", "question_mark")
        assert len(page_of(opened).lines) > wide
        assert all(len(line.rstrip()) <= 70 for line in opened.lines())
        ground = opened.app.theme_variables["background"]
        assert page_of(opened).rich_style.bgcolor is not None
        assert page_of(opened).background_colors[1].hex.lower() == ground.lower()
        await opened.pilot.resize_terminal(120, 40)
        await opened.until(lambda: len(page_of(opened).lines) == wide)


async def test_a_change_of_what_it_covers_has_nothing_painted(
    fakes: FleetServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_app(fakes) as opened:
        await opened.press("question_mark")
        painted: list[object] = []
        monkeypatch.setattr(opened.app.screen, "refresh", lambda *regions, **_: painted.append(regions))
        main = opened.app.screen_stack[0]
        main.refresh()
        await opened.until(lambda: not main._repaint_required and not main._dirty_widgets)
        assert not painted
