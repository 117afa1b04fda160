"""Which region has the focus is seen without colours: by a heavy line above it, and a bold title."""

from __future__ import annotations

import re

import pytest

from .conftest import Opened, open_app
from .fleet_services import FleetServices, rack

HEAVY = "━"


def heavy_lines(opened: Opened) -> list[int]:
    """The rows that have such a line, with its title; the last hour of a connection is drawn by the same sign."""
    return [number for number, line in enumerate(opened.lines()) if re.search(rf"{HEAVY} \S", line)]


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_the_region_with_the_focus_alone_has_a_heavy_line(size: tuple[int, int]) -> None:
    async with open_app(FleetServices(rack(4)), size) as opened:
        await opened.press("exclamation_mark", *"ls", "enter", "escape", "escape", "down", "enter")
        seen = set()
        for _ in range(8):
            focused = opened.app.focused
            assert focused is not None
            seen.add(focused.id)
            region = focused.region if focused.id != "line" else opened.screen.pane.region
            assert heavy_lines(opened) == [region.y], focused
            strip = opened.app.screen._compositor.render_strips()[region.y].crop(region.x, region.right)
            titled = [each.style for each in strip if each.text.strip(f" {HEAVY}─│")]
            assert titled and titled[0] is not None and titled[0].bold
            await opened.press("tab")
        assert {"line", "answers"} < seen


async def test_a_list_with_nothing_in_it_shows_it_too() -> None:
    async with open_app(FleetServices([])) as opened:
        assert opened.app.focused is not None and opened.app.focused.id == "tree"
        assert heavy_lines(opened) == [opened.app.focused.region.y]
