"""List and panel share the width as a person has it, and it is so again at the next start."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from atp_tui.config.remembered import ScreenMemory
from atp_tui.ui.views.fleet.room import LEAST, MOST, split_of, split_written

from .conftest import Opened, open_app
from .fleet_services import FleetServices, rack
from .keyboard import Keyboard


def fleet(file: Path) -> FleetServices:
    fakes = FleetServices(rack(4))
    fakes.services = replace(fakes.services, memory=ScreenMemory(file, "demo"))
    return fakes


def test_a_split_is_a_percentage_within_limits() -> None:
    assert [split_of(each) for each in (-5, 33.4, 300)] == [LEAST, 33, MOST]
    assert (split_written("40"), split_written(" 40 % "), split_written("")) == (40, 40, None)
    for text in ("5", "99", "forty", "4\u0660", "9" * 5000, "-40"):
        with pytest.raises(ValueError, match="split 40"):
            split_written(text)


async def drag(opened: Opened, x: int, to: int) -> None:
    """Press the left button on a column, move to another one, and let go."""
    keyboard = Keyboard(opened.app)
    for told in (f"\x1b[<0;{x + 1};6M", f"\x1b[<32;{to + 1};6M", f"\x1b[<0;{to + 1};6m"):
        keyboard.send(told.encode())
        await keyboard.done()
        await opened.pilot.pause()


@pytest.mark.parametrize("size", [(120, 40), (160, 40)])
async def test_the_line_between_list_and_panel_is_dragged_and_remembered(tmp_path: Path, size: tuple[int, int]) -> None:
    async with open_app(fleet(tmp_path / "screen.json"), size) as opened:
        await drag(opened, opened.panel.region.x, size[0] // 4)
        await opened.until(lambda: abs(opened.panel.region.x - size[0] // 4) <= 1)
        there = opened.panel.region.x
        await drag(opened, there + 20, there + 40)
        assert opened.panel.region.x == there, "only the line is dragged"
        opened.hosts.focus()
        await opened.press("]", "]")
        await opened.until(lambda: opened.panel.region.x > there)
        there = opened.panel.region.x
    async with open_app(fleet(tmp_path / "screen.json"), size) as opened:
        await opened.until(lambda: opened.panel.region.x == there)
        await opened.press("home")
        await opened.until(lambda: opened.fleet.group.region.x == there)
        opened.app.type_command("split 5")
        await opened.until(lambda: opened.has("split wants a percentage of 20 to 80"))
        opened.app.type_command("split")
        await opened.until(lambda: opened.fleet.group.region.x > there and opened.fleet.settings == ())


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_panel_is_hidden_opens_over_the_list_and_stays_hidden(tmp_path: Path, size: tuple[int, int]) -> None:
    async with open_app(fleet(tmp_path / "screen.json"), size) as opened:
        await opened.press("p")
        await opened.until(lambda: opened.hosts.size.width == size[0] and not opened.panel.display)
        await opened.press("home")
        await opened.pilot.pause()
        assert opened.hosts.size.width == size[0], "nor has a group one"
        await opened.press("j")
    async with open_app(fleet(tmp_path / "screen.json"), size) as opened:
        await opened.until(lambda: opened.hosts.size.width == size[0] and not opened.panel.display)
        await opened.press("enter")
        await opened.until(lambda: opened.panel.domains.has_focus and opened.panel.size.width >= size[0] - 1)
        await opened.press("escape")
        await opened.until(lambda: opened.hosts.has_focus and not opened.panel.display)
        opened.app.type_command("panel on")
        await opened.until(lambda: opened.panel.display == (size[0] >= 120))
