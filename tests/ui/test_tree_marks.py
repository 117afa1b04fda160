"""Marks: by range, turned round, by expression; and that nothing but a person takes one away."""

from __future__ import annotations

from dataclasses import replace

import pytest

from atp_tui.model.events import HostUpdated
from atp_tui.monitor.query import Page, Query
from atp_tui.ui.glyphs import UNICODE
from atp_tui.ui.views.fleet.title import At, title_words

from .conftest import Opened, open_app
from .fleet_services import FleetServices, S, publish
from .rows import screen_of
from .shown import ShownRows, show
from .test_host_tree_keys import FLEET, TreeApp


async def test_a_range_follows_the_cursor_and_ends_with_its_key() -> None:
    app = TreeApp()
    async with app.run_test(size=(70, 12)) as pilot:
        app.hosts.focus()
        show(app.hosts, FLEET, marked=frozenset({"kvm04"}))
        await pilot.press("v", "down", "down", "down")
        assert app.marks[-1] == {"kvm01", "kvm02", "kvm03", "kvm04"}
        assert "range" in screen_of(app)[0]
        await pilot.press("up", "up")
        assert app.marks[-1] == {"kvm01", "kvm02", "kvm04"}, "what it leaves is as it was before"
        await pilot.press("v", "down", "down")
        assert app.marks[-1] == {"kvm01", "kvm02", "kvm04"}
        assert "range" not in screen_of(app)[0]


async def test_a_range_ends_where_the_cursor_is_moved_by_others() -> None:
    app = TreeApp()
    async with app.run_test(size=(70, 12)) as pilot:
        app.hosts.focus()
        show(app.hosts, FLEET)
        await pilot.press("down", "v")
        assert isinstance(app.hosts._fleet, ShownRows)
        app.hosts._fleet.put([FLEET[0], *FLEET[2:]])
        app.hosts.look()
        await pilot.press("down", "down")
        assert app.marks == [{"kvm02"}], "no host is marked that nobody meant"


async def test_invert_takes_what_is_shown() -> None:
    app = TreeApp()
    async with app.run_test(size=(60, 12)) as pilot:
        app.hosts.focus()
        show(app.hosts, FLEET, filter="tag:rack2", marked=frozenset({"kvm01", "kvm03"}))
        await pilot.press("i")
        assert app.marks == [{"kvm01", "kvm04"}]


async def test_esc_ends_a_range_and_nothing_else(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        await opened.press("v", "down", "escape", "down")
        assert opened.hosts.asked.marked == {"kvm01", "kvm02"}
        await opened.press("left", "v")
        assert opened.hosts.asked.marked == {"kvm01", "kvm02", "kvm03", "kvm04"}, "a folded group is all of its hosts"


async def typed(opened: Opened, line: str) -> None:
    await opened.press("colon")
    await opened.type(line)
    await opened.press("enter")


async def test_hosts_are_marked_by_the_target_language(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        await typed(opened, "mark @rack1")
        assert opened.hosts.asked.marked == {"kvm01", "kvm02", "kvm03", "kvm04"}
        await opened.until(lambda: opened.has("4 hosts marked"))
        opened.screen._dispatch.do("unmark", "kvm[02-03]")
        await opened.until(lambda: opened.hosts.asked.marked == {"kvm01", "kvm04"})
        opened.screen._dispatch.do("mark", "@rak1")
        await opened.until(lambda: opened.has("rack1"))
        assert opened.hosts.asked.marked == {"kvm01", "kvm04"}


async def test_marks_survive_filters_orders_groupings_reloads_and_actions(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        await opened.press("space", "down", "space")
        marked = {"kvm01", "kvm02"}
        for name, argument in (
            ("sort", "cpu"), ("group", "state"), ("group", "none"), ("columns", "rtt"), ("group", "tag"), ("retry", ""),
        ):  # fmt: skip
            opened.screen._dispatch.do(name, argument)
            await opened.pilot.pause()
            assert opened.hosts.asked.marked == marked, name
        await opened.press("slash", *"kvm04", "enter")
        assert opened.hosts.asked.marked == marked and opened.screen.view.pointed.marked == ("kvm01", "kvm02")
        await opened.press("escape")
        changed = replace(fakes.transport.infos["kvm01"], tags=("other",))
        fakes.transport.infos["kvm01"] = changed
        publish(fakes.transport, HostUpdated(fakes.transport.clock.monotonic(), changed))
        fakes.transport.change("kvm02", S.FAILED, "gone")
        await opened.until(lambda: opened.has("other"))
        assert opened.hosts.asked.marked == marked
        fakes.transport.remove("kvm02")
        await opened.until(lambda: opened.hosts.asked.marked == {"kvm01"})


@pytest.mark.parametrize(
    ("asked", "head", "room", "words"),
    [
        ({}, {}, 60, " Hosts · row 29 of 1,001 "),
        ({}, {}, 18, " row 29 of 1,001 "),
        ({}, {}, 14, " 29 of 1,001 "),
        ({"filter": "web"}, {"shown": 6, "known": 13}, 60, " Hosts / web · row 29 of 1,001 · 6 of 13 shown "),
        ({"filter": "web"}, {"shown": 6, "known": 13}, 40, " Hosts / web · 6 of 13 shown "),
        ({"filter": "web", "marked": frozenset("ab")}, {"marked": 1}, 41, " Hosts / web · 2 marked · +1 mark hidden "),
        ({"filter": "web", "marked": frozenset("abc")}, {"marked": 1}, 34, " Hosts / web · +2 marks hidden "),
        ({"sort": "cpu", "reverse": True}, {}, 40, " Hosts by cpu, turned round "),
        ({"filter": "web"}, {}, 8, " / web "),
        ({"filter": "a-long-filter"}, {}, 10, " / a-lon… "),
    ],
)
def test_the_title_tells_what_matters_most(
    asked: dict[str, object], head: dict[str, object], room: int, words: str
) -> None:
    query, page = replace(Query(), **asked), replace(Page(0.0), **head)  # type: ignore[arg-type]
    assert title_words(query, page, At(29, 1001), room, UNICODE) == words
