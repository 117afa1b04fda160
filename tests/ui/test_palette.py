"""The palette under keys that come fast, and on a terminal that has no room for what it found."""

from __future__ import annotations

import asyncio

import pytest
from textual.command import CommandList, DiscoveryHit, Hit

from atp_tui.ui.screens.palette import FleetCommands

from .conftest import open_app
from .fleet_services import FleetServices, rack


@pytest.mark.parametrize("key", ["pagedown", "pageup", "down", "up", "enter"])
async def test_keys_of_the_palette_do_nothing_where_its_list_has_no_room(fakes: FleetServices, key: str) -> None:
    async with open_app(fakes) as opened:
        await opened.press("ctrl+p", "down")
        palette = opened.app.screen
        await opened.pilot.resize_terminal(1, 1)
        await opened.pilot.pause()
        await opened.press(key)
        assert opened.app.screen is palette, "nobody chooses what cannot be seen"
        await opened.pilot.resize_terminal(120, 40)
        await opened.press("escape")
        await opened.until(lambda: opened.app.screen is not palette)


@pytest.mark.parametrize("width", [1, 2, 3, 4])
async def test_the_palette_lives_in_a_terminal_of_a_few_columns(fakes: FleetServices, width: int) -> None:
    async with open_app(fakes) as opened:
        await opened.press("ctrl+p", *"kvm")
        await opened.pilot.pause(0.1)
        await opened.pilot.resize_terminal(width, 24)
        await opened.press("escape", "ctrl+p", *"zz")
        await opened.pilot.resize_terminal(120, 40)
        await opened.until(lambda: opened.has("No matches found"))


async def test_the_line_under_the_cursor_is_seen_in_every_theme(fakes: FleetServices) -> None:
    """Textual 8.2.8 draws no `text-style: reverse` of a component's style: the palette had a cursor that nobody saw."""
    async with open_app(fakes) as opened:
        for theme in opened.app.available_themes:
            opened.app.theme = theme
            await opened.press("ctrl+p", "down")
            options = opened.app.screen.query_one(CommandList)
            await opened.pilot.pause()
            lines = [options.render_line(number) for number in range(2 * len(options.options))]
            at = options.highlighted
            assert at is not None
            styles = [{segment.style.bgcolor for segment in line if segment.style} for line in lines]
            assert styles[2 * at] != styles[2 * at + 2], f"no ground of its own in {theme}"
            await opened.press("escape")


async def test_only_the_last_of_keys_that_come_fast_is_searched_for(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        commands = FleetCommands(opened.screen)

        async def found(query: str) -> list[Hit | DiscoveryHit]:
            return [hit async for hit in commands.search(query)]

        before, last = await asyncio.gather(found("kvm"), found("kvm03"))
        assert not before
        assert [hit.text for hit in last] == ["host kvm03"]


async def test_an_action_is_completed_with_the_groups_that_it_can_be_done_to() -> None:
    fakes = FleetServices([*rack(2), *rack(1, tag="rack10", start=7), *rack(1, tag="rack2", start=9)])
    fakes.targets.set_names, fakes.targets.job_numbers = ("rack11",), (17,)
    async with open_app(fakes) as opened:
        lines = [line for line in opened.screen._offering.completions() if "@" in line]
        assert [line for line in lines if line.startswith("retry ")] == [
            "retry @rack1",
            "retry @rack2",
            "retry @rack10",
            "retry @rack11",
        ], "a named set is one of them"
        assert {"mark @rack11", "mark @last.failed", "unmark @job.17.failed"} <= set(lines)
        assert not [line for line in lines if line.startswith(("quit", "theme"))]
