"""The host tree as a widget: its cursor, its marks, its folding and its title."""

from __future__ import annotations

import asyncio

import pytest
from textual.app import ComposeResult
from textual.message import Message

from atp_tui.model.connection import ConnectionState
from atp_tui.monitor.orders import Sort
from atp_tui.ui.text import safe, width_of
from atp_tui.ui.views.fleet.tree import HostTree

from .rows import NOW, ThemedApp, host_row, screen_of
from .shown import ShownRows, show
from .test_host_tree import HOSTILE, lost

S = ConnectionState


class TreeApp(ThemedApp):
    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.hosts = HostTree(ShownRows(now=lambda: self.now))
        self.heard: list[Message] = []

    def compose(self) -> ComposeResult:
        yield self.hosts

    def on_host_tree_host_highlighted(self, message: HostTree.HostHighlighted) -> None:
        self.heard.append(message)

    def on_host_tree_host_opened(self, message: HostTree.HostOpened) -> None:
        self.heard.append(message)

    def on_host_tree_marks_changed(self, message: HostTree.MarksChanged) -> None:
        self.heard.append(message)

    @property
    def marks(self) -> list[set[str]]:
        return [set(message.marked) for message in self.heard if isinstance(message, HostTree.MarksChanged)]

    @property
    def highlighted(self) -> list[str | None]:
        return [message.host_id for message in self.heard if isinstance(message, HostTree.HostHighlighted)]


FLEET = tuple(host_row(f"kvm0{number}", tags=("rack1" if number < 3 else "rack2",)) for number in range(1, 5))


async def test_the_cursor_begins_on_the_first_host() -> None:
    app = TreeApp()
    async with app.run_test(size=(60, 10)) as pilot:
        show(app.hosts, FLEET)
        await pilot.pause()
        assert app.hosts.cursor_hosts == ("kvm01",)
        assert app.highlighted[-1] == "kvm01"


async def test_marks() -> None:
    app = TreeApp()
    async with app.run_test(size=(60, 10)) as pilot:
        app.hosts.focus()
        show(app.hosts, FLEET)
        await pilot.press("space", "down", "space", "space", "home", "space", "space", "asterisk", "u")
        await pilot.pause()
        assert app.marks == [
            {"kvm01"},
            {"kvm01", "kvm02"},
            {"kvm01"},
            {"kvm01", "kvm02"},
            set(),
            {"kvm01", "kvm02", "kvm03", "kvm04"},
            set(),
        ]


async def test_marking_all_takes_only_what_is_shown() -> None:
    app = TreeApp()
    async with app.run_test(size=(60, 10)) as pilot:
        app.hosts.focus()
        show(app.hosts, FLEET, filter="tag:rack2", marked=frozenset({"kvm01"}))
        await pilot.press("a")
        await pilot.pause()
        assert app.marks == [{"kvm01", "kvm03", "kvm04"}]


async def test_folding_by_keys() -> None:
    app = TreeApp()
    async with app.run_test(size=(60, 10)) as pilot:
        app.hosts.focus()
        show(app.hosts, FLEET)
        await pilot.press("left")  # from a host: its group, folded
        await pilot.pause()
        lines = screen_of(app)
        assert "▸ rack1" in lines[1]
        assert "▾ rack2" in lines[2]
        assert app.hosts.cursor_hosts == ("kvm01", "kvm02")
        assert app.highlighted[-1] is None
        await pilot.press("enter", "down", "enter")
        await pilot.pause()
        opened = [message for message in app.heard if isinstance(message, HostTree.HostOpened)]
        assert [message.host_id for message in opened] == ["kvm01"]


async def test_a_host_in_a_folded_group_can_be_shown() -> None:
    app = TreeApp()
    async with app.run_test(size=(60, 10)) as pilot:
        app.hosts.focus()
        show(app.hosts, FLEET)
        await pilot.press("left")
        assert app.hosts.show_host("kvm02")
        assert app.hosts.cursor_hosts == ("kvm02",)
        assert not app.hosts.show_host("nowhere")


async def test_a_host_is_found_where_it_stands_now_and_not_where_it_stood() -> None:
    """Between two looks others have come before it: the line of its place is another host's, for which a command
    would be typed."""
    app = TreeApp()
    async with app.run_test(size=(60, 10)) as pilot:
        app.hosts.focus()
        show(app.hosts, FLEET)
        await pilot.pause()
        fleet = app.hosts._fleet
        assert isinstance(fleet, ShownRows)
        fleet.put((*FLEET, host_row("kvm00", tags=("rack1",)), host_row("kvm05", tags=("rack2",))))
        assert app.hosts.show_host("kvm02")
        assert app.hosts.cursor_hosts == ("kvm02",)
        fleet.put(FLEET)
        assert app.hosts.show_host("kvm03")
        assert app.hosts.cursor_hosts == ("kvm03",)
        fleet.put((host_row("kvm09", tags=("rack0",)), *FLEET))
        await pilot.press("left")
        assert list(app.hosts.cursor_hosts) == ["kvm03", "kvm04"]


async def test_a_look_takes_over_the_hosts_of_the_group_under_the_cursor() -> None:
    app = TreeApp()
    async with app.run_test(size=(60, 10)) as pilot:
        app.hosts.focus()
        show(app.hosts, FLEET)
        await pilot.press("home")
        assert list(app.hosts.cursor_hosts) == ["kvm01", "kvm02"]
        assert isinstance(app.hosts._fleet, ShownRows)
        app.hosts._fleet.put((*FLEET, host_row("kvm00", tags=("rack1",))))
        assert len(app.hosts.cursor_hosts) == 2, "those that are shown"
        app.hosts._look_later()
        await pilot.pause()
        assert list(app.hosts.cursor_hosts) == ["kvm00", "kvm01", "kvm02"]


async def test_while_a_filter_is_set_nothing_is_folded_unseen() -> None:
    app = TreeApp()
    async with app.run_test(size=(60, 10)) as pilot:
        app.hosts.focus()
        show(app.hosts, FLEET, filter="kvm")
        await pilot.press("left")
        assert app.hosts.asked.folded == frozenset()


async def test_countdowns_go_on_without_news() -> None:
    app = TreeApp()
    async with app.run_test(size=(60, 10)) as pilot:
        show(app.hosts, (lost("kvm07"),))
        await pilot.pause()
        assert "next try in 3.2 s" in "\n".join(screen_of(app))
        app.now = NOW + 2
        async with asyncio.timeout(20):
            while "next try in 1.2 s" not in "\n".join(screen_of(app)):
                await pilot.pause(0.05)


async def test_an_empty_tree_teaches() -> None:
    app = TreeApp()
    async with app.run_test(size=(60, 10)) as pilot:
        await pilot.pause()
        assert "Loading …" in "\n".join(screen_of(app))
        show(app.hosts, ())
        await pilot.pause()
        assert "hosts.toml" in "\n".join(screen_of(app))
        show(app.hosts, FLEET, filter="nowhere")
        await pilot.pause()
        assert "None of 4 hosts matches /nowhere" in "\n".join(screen_of(app))
        show(app.hosts, FLEET, filter="latency>[b]5")
        await pilot.pause()
        text = "\n".join(screen_of(app))
        assert "unknown field latency" in text
        assert "cpu, memory (mem), rtt, vms" in text
        assert "None of" not in text


async def test_the_title_tells_what_is_unusual_and_heads_the_columns() -> None:
    app = TreeApp()
    async with app.run_test(size=(70, 10)) as pilot:
        app.hosts.focus()
        show(app.hosts, FLEET)
        await pilot.pause()
        title, _, line = screen_of(app)[:3]
        assert title.index("cpu") + 3 == line.index("12 %") + 4
        assert title.index("mem") + 3 == line.index("61 %") + 4
        await pilot.press("space")
        await pilot.resize_terminal(50, 10)
        await pilot.pause()
        assert "mem" in screen_of(app)[0]
        assert "1 marked" not in screen_of(app)[0]  # the heads need the room, and the marks are seen in the lines
        await pilot.resize_terminal(110, 10)
        show(app.hosts, (*FLEET, host_row("kvm-with-a-long-name")), marked=frozenset({"kvm01"}))
        await pilot.pause()
        assert "Hosts · row 2 of 8 · 1 marked ─" in screen_of(app)[0]
        await pilot.press("s")
        show(app.hosts, FLEET, filter="kvm")
        await pilot.pause()
        assert "Hosts by name / kvm" in screen_of(app)[0]
        assert app.hosts.sort is Sort.NAME
        await pilot.press("s", "s")
        await pilot.pause()
        assert "Hosts by mem / kvm" in screen_of(app)[0]
        await pilot.press(*"ssssssss")
        await pilot.pause()
        assert "Hosts / kvm" in screen_of(app)[0]


@pytest.mark.parametrize("size", [(20, 5), (40, 15), (200, 60)])
async def test_hostile_fleets_on_any_screen(size: tuple[int, int]) -> None:
    app = TreeApp()
    rows = tuple(lost(name, cause=name, tags=(name,)) for name in HOSTILE)
    async with app.run_test(size=size) as pilot:
        show(app.hosts, rows, filter="")
        await pilot.pause()
        for line in screen_of(app):
            assert safe(line) == line
            assert width_of(line) == size[0]
