"""The screen is laid out where something changes its place, and then once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from textual import events
from textual._compositor import Compositor
from textual.widget import Widget

from atp_tui.ui.shown import Words
from atp_tui.ui.widgets.one_line import OneLine

from .conftest import open_app
from .fleet_services import FleetServices


@pytest.fixture
def layouts(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], int]]:
    """How often all places have been worked out since it was asked last."""
    made: list[None] = []
    arrange = Compositor._arrange_root

    def counted(*given: Any, **named: Any) -> Any:
        made.append(None)
        return arrange(*given, **named)

    def since() -> int:
        count = len(made)
        made.clear()
        return count

    monkeypatch.setattr(Compositor, "_arrange_root", counted)
    yield since


async def test_what_is_typed_in_a_line_lays_out_nothing(fakes: FleetServices, layouts: Callable[[], int]) -> None:
    async with open_app(fakes) as opened:
        await opened.press("exclamation_mark", "u")
        assert layouts() > 0, "they are counted"
        await opened.type("name -r and a line that is longer than its place " * 3)
        assert opened.screen.pane.line.scroll_offset.x > 0, "it moves within its place"
        await opened.press("home")
        assert opened.has("uname -r and") and opened.screen.pane.line.scroll_offset.x == 0
        assert layouts() == 0


async def test_of_a_layout_and_of_what_is_not_to_be_seen_no_second_map_is_made(
    fakes: FleetServices, layouts: Callable[[], int]
) -> None:
    async with open_app(fakes) as opened:
        await opened.pilot.pause()
        line, note = opened.screen.query_one(OneLine), opened.screen.query_one("#note", Words)
        assert not opened.screen.find_widget(note).region.width
        layouts()
        note.refresh()
        await opened.pilot.pause()
        place = opened.screen.find_widget(line)
        assert layouts() == 0
        note.refresh(layout=True)
        await opened.pilot.pause()
        assert opened.screen.find_widget(line) == place
        assert layouts() == 1


class Told(Widget):
    """What Textual has told it."""

    DEFAULT_CSS = "Told { width: 9; height: 3; dock: right; }"

    def __init__(self) -> None:
        super().__init__()
        self.events: list[str] = []

    def on_resize(self, event: events.Resize) -> None:
        self.events.append(f"{event.size.width > 0}")

    def on_show(self) -> None:
        self.events.append("shown")


async def test_a_widget_is_told_its_size_where_its_place_was_asked_for_before_the_layout(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        told = Told()
        opened.screen.query_one("#left").mount(told)
        while not told.region.width:
            await asyncio.sleep(0)
            opened.screen._compositor.update_widgets({told})  # as painting it does
        assert told.events == [], "the layout is still to come"
        await opened.until(lambda: told.events == ["True", "shown"])
