"""0 begins a count for the next movement, in every list; digits alone go on opening views."""

from __future__ import annotations

from dataclasses import replace

import pytest

from atp_tui.ui.views.heat.view import HeatView

from .conftest import open_app
from .fleet_services import FleetServices, rack


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_a_count_goes_so_many_lines_and_to_a_line(size: tuple[int, int]) -> None:
    async with open_app(FleetServices(rack(20)), size) as opened:
        for keys, place in (
            ("home 0 5 j", 5),
            ("0 3 k", 2),
            ("j", 3),  # the count was for one movement
            ("0 1 2 home", 11),
            ("0 1 5 end", 14),
            ("home", 0),
            ("0 j", 1),
            ("0 0 j", 2),
            ("0 9 9 9 9 9 9 9 9 9 j", 20),
            ("0 4 space home", 0),  # a key that is no movement uses the count up
            ("0 3 escape j", 1),
            ("0 3 0 4 j", 20),
        ):
            await opened.press(*keys.split())
            assert (opened.hosts.cursor_place, opened.screen.view.id) == (place, "hosts"), keys
        await opened.press("home", "0", "2")
        await opened.until(lambda: opened.has(" 2_ "))
        await opened.press("j")
        await opened.until(lambda: not opened.has(" 2_ ") and opened.hosts.cursor_place == 2)


async def test_a_count_that_was_left_opens_no_view_and_the_digit_after_it_does() -> None:
    async with open_app(FleetServices(rack(3))) as opened:
        await opened.press("0", "2")
        assert opened.screen.view.id == "hosts"
        await opened.press("escape", "3")
        await opened.until(lambda: opened.screen.view.id == "heat")
        view = opened.screen.view
        assert isinstance(view, HeatView)
        await opened.press("home", "0", "2", "l")
        await opened.until(lambda: view.cells.at == "kvm03")


async def test_the_key_of_a_count_is_the_persons() -> None:
    fakes = FleetServices(rack(9))
    fakes.services = replace(fakes.services, keys=(("lines.count", "b"),))
    async with open_app(fakes) as opened:
        await opened.press("home", "b", "3", "j")
        assert opened.hosts.cursor_place == 3
