"""A number after `:` is a line, or so many lines on: digits alone open views."""

from __future__ import annotations

import pytest

from .conftest import open_app
from .fleet_services import FleetServices, rack
from .test_domains import guest, says


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_cursor_goes_to_a_line_or_so_many_on(size: tuple[int, int]) -> None:
    fakes = FleetServices(rack(9))
    async with open_app(fakes, size) as opened:
        for line, place in (("7", 6), ("+2", 8), ("-5", 3), ("0", 0), ("+0", 0), ("9999999", 9), ("-9999999", 0)):
            opened.app.type_command(line)
            assert opened.hosts.cursor_place == place, line
        await opened.press("colon", "4", "enter")
        await opened.until(lambda: opened.hosts.cursor_place == 3 and opened.has("kvm03 (1)"))
        says(fakes, "kvm01", *(guest(f"web{n}") for n in range(5)))
        await opened.press("2")
        await opened.until(lambda: opened.has("VMs 5"))
        await opened.press("colon", "3", "enter")
        await opened.until(lambda: opened.has("▌  ● web2"))
        await opened.press("3", "colon", "3", "enter")
        await opened.until(lambda: opened.has("no lines are counted here"))
        opened.app.type_command("+٣")
        await opened.until(lambda: opened.has("no command +"))
