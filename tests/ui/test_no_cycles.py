"""What has been drawn is freed without the collector of cycles, which looks seldom in this program."""

from __future__ import annotations

import gc
from collections import Counter

from rich.segment import Segment
from textual.strip import Strip

from atp_tui.ui import strips

from .conftest import Opened, open_app
from .fleet_services import FleetServices, rack

HOSTS = 4


def test_textual_still_keeps_a_line_in_a_cache_of_the_line() -> None:
    """Where it does no more, `ui/strips` has nothing to do and goes."""
    line = Strip([Segment("a line")])
    assert strips._divide(line, [6]) == [line]
    assert any(one is line for kept in line._divide_cache._cache.values() for one in kept)


def test_a_line_is_divided_as_before() -> None:
    strips.keep_no_cycles()
    line = Strip([Segment("a wide "), Segment("line")])
    assert [part.text for part in line.divide([4, 11])] == ["a wi", "de line"]
    assert [part.text for part in line.divide([11, 20])] == ["a wide line"]
    assert [part.text for part in line.divide([4, 4, 11])] == ["a wi", "", "de line"]
    assert line.divide([]) == []


async def redraw(opened: Opened, number: int) -> None:
    for host in opened.fakes.transport.list_hosts():
        opened.fakes.transport.sample(host.id, busy=number % 7, requests=10.0 + number)
    opened.fakes.transport.clock.ahead += 1.0
    await opened.pilot.pause(0.05)


async def test_figures_that_change_leave_no_lines_behind() -> None:
    async with open_app(FleetServices(rack(HOSTS))) as opened:
        for number in range(5):
            await redraw(opened, number)
        gc.collect()
        gc.disable()
        gc.set_debug(gc.DEBUG_SAVEALL)
        try:
            for number in range(30):
                await redraw(opened, number)
            gc.collect()
            kinds = Counter(type(one).__name__ for one in gc.garbage)
        finally:
            gc.set_debug(0)
            gc.garbage.clear()
            gc.enable()
    assert not kinds["Strip"], kinds
