"""By what the tree is grouped, which columns it has, and the panel of a group."""

from __future__ import annotations

import re

import pytest

from atp_tui.model.host import HostInfo
from atp_tui.monitor.metrics import METRICS
from atp_tui.monitor.query import Fields, GroupSums, Query, group_key
from atp_tui.monitor.rows import HostRow
from atp_tui.ui.glyphs import ASCII, UNICODE
from atp_tui.ui.text import safe, width_of
from atp_tui.ui.views.fleet.choices import Unclear, columns_named, grouping_named, groupings, order_named
from atp_tui.ui.views.fleet.drawing import columns
from atp_tui.ui.widgets.group_panel import sum_lines

from .conftest import Opened, open_app
from .fleet_services import FleetServices, S
from .rows import NOW, host_row, text_of
from .shown import ShownRows
from .test_host_tree import HOSTILE

FIELDS = Fields(("Site", "owner"), ("prod", "rack1", "rack2"))


def test_a_grouping_is_read_as_it_is_written() -> None:
    assert grouping_named("site,rack", FIELDS) == ("site", "tag:rack")
    assert grouping_named("none", FIELDS) == () and grouping_named("tag", FIELDS) == ("tag",)
    assert grouping_named("STATE , tag:rack", FIELDS) == ("state", "tag:rack")
    assert groupings(FIELDS) == (("tag",), ("site",), ("owner",), ("state",), ())
    for wrong, said in (("sites", "did you mean site"), ("site,owner,tag", "and 2 with"), ("", "there are tag")):
        with pytest.raises(Unclear, match=said):
            grouping_named(wrong, FIELDS)


def test_columns_and_orders_are_read_as_they_are_written() -> None:
    assert [metric.name for metric in columns_named("rtt, mem,rtt")] == ["rtt", "memory"]
    assert columns_named("") == () and order_named("State") == ("trouble", False)
    assert order_named("CPU -") == order_named("-cpu") == ("cpu", True)
    with pytest.raises(Unclear, match="did you mean cpu"):
        columns_named("cpi")
    with pytest.raises(Unclear, match=r"no order \x1b"):
        order_named("\x1b[2J")


@pytest.mark.parametrize("width", [30, 54, 66, 90, 120])
def test_columns_that_are_chosen_stand_in_their_order_and_the_first_stays_longest(width: int) -> None:
    chosen = (METRICS[2], METRICS[0])
    at = columns(width, 8, chosen=chosen)
    assert [each.metric for each in at.figures] == list(chosen)[: len(at.figures)]
    assert columns(200, 8, chosen=chosen).figures[0].metric is METRICS[2]


def two_sites() -> FleetServices:
    hosts = []
    for number in range(8):
        site, rack_tag = ("par", "lon")[number % 2], f"rack{number // 4 + 1}"
        hosts.append(HostInfo(f"kvm{number:02}", f"192.0.2.{number}", tags=(rack_tag, "prod"), metadata={"site": site}))
    return FleetServices(hosts)


def heads(opened: Opened) -> list[str]:
    return [" ".join(found[1].split()) for line in opened.lines() if (found := re.match(r"[ ▌]( *▾ [\w-]+)", line))]


async def test_a_key_goes_through_all_groupings(fakes: FleetServices) -> None:
    fakes = two_sites()
    async with open_app(fakes) as opened:
        assert heads(opened) == ["▾ rack1", "▾ rack2"]
        seen = []
        for _ in range(4):
            await opened.press("g")
            seen.append(heads(opened))
        assert seen == [["▾ lon", "▾ par"], ["▾ connected"], [], ["▾ rack1", "▾ rack2"]]
        assert opened.has("grouped by tag")


async def test_groups_nested_two_deep_fold_as_one_and_show_their_hosts() -> None:
    async with open_app(two_sites()) as opened:
        opened.screen._dispatch.do("group", "site,rack")
        await opened.pilot.pause()
        assert heads(opened) == ["▾ lon", "▾ rack1", "▾ rack2", "▾ par", "▾ rack1", "▾ rack2"]
        assert list(opened.hosts.cursor_hosts) == ["kvm00"], "the cursor keeps its host"
        await opened.press("left", "left", "left")
        assert not opened.has("kvm02") and opened.hosts.cursor_line is not None
        assert opened.hosts.cursor_line.key == group_key("par", "site")
        assert list(opened.hosts.cursor_hosts) == ["kvm00", "kvm02", "kvm04", "kvm06"]
        assert opened.hosts.show_host("kvm02") and list(opened.hosts.cursor_hosts) == ["kvm02"]


async def test_the_groups_with_the_worst_hosts_come_first_and_the_cursor_stays() -> None:
    fakes = two_sites()
    async with open_app(fakes) as opened:
        fakes.transport.change("kvm07", S.FAILED, "gone")
        await opened.until(lambda: heads(opened)[-2:] == ["▾ rack2", "▾ rack1"])
        assert opened.hosts.cursor_hosts == ("kvm00",)
        opened.screen._dispatch.do("sort", "name")
        await opened.until(lambda: heads(opened)[-2:] == ["▾ rack1", "▾ rack2"])
        await opened.press("S")
        assert opened.hosts.asked.reverse
        opened.screen._dispatch.do("group", "nope")
        await opened.until(lambda: opened.has("no grouping nope: "))


async def test_a_locator_tells_order_grouping_and_columns_as_commands_take_them() -> None:
    async with open_app(two_sites()) as opened:
        assert not opened.fleet.settings
        for name, argument in (("sort", "cpu"), ("group", "rack,site"), ("columns", "mem,rtt")):
            opened.screen._dispatch.do(name, argument)
        told = (("sort", "cpu"), ("group", "tag:rack,site"), ("columns", "memory,rtt"))
        assert opened.fleet.settings == told
        for name, argument in told:
            opened.fleet.commands[name](argument)
        assert opened.fleet.settings == told
        opened.fleet.commands["group"]("none")
        assert dict(opened.fleet.settings)["group"] == "none"


async def test_columns_are_chosen_and_restored() -> None:
    async with open_app(two_sites(), (200, 60)) as opened:
        opened.screen._dispatch.do("columns", "rtt,cpu")
        await opened.pilot.pause()
        title = opened.lines()[1]
        assert title.index(" rtt ") < title.index(" cpu ") and " mem " not in title
        opened.screen._dispatch.do("columns")
        await opened.pilot.pause()
        assert " mem " in opened.lines()[1]


# The panel of a group


def sums(*rows: HostRow) -> GroupSums:
    found = ShownRows(rows).sums(Query(), group_key("rack1"))
    assert found is not None
    return found


RACK = (
    host_row("kvm01", tags=("rack1",), cpu=0.2, memory=0.5),
    host_row("kvm02", tags=("rack1",), cpu=0.6, memory=0.3),
    host_row("kvm03", tags=("rack1",), silent_since=NOW - 5, sampled_at=NOW - 6),
    host_row("kvm04", tags=("rack1",), state=S.FAILED, cause="no such name"),
    host_row("kvm05", tags=("rack1",), state=S.FAILED, cause="no such name"),
)


def test_the_panel_of_a_group_tells_its_sums_and_what_they_leave_out() -> None:
    rows = [text_of(line.spans).rstrip() for line in sum_lines(sums(*RACK), 60, UNICODE)]
    assert rows == [
        " 5 hosts",
        "       2 ● connected",
        "       1 ◐ reconnecting, 1 of them silent",
        "       2 ✕ failed",
        "",
        " figures of 2 of 5 hosts",
        "   CPU        40 % mean    60 % kvm02",
        "   memory     40 % mean    50 % kvm01",
        "   VMs           6 up  2 off  12 unknown",
        "",
        " 3 hosts in trouble",
        "       2 · no such name  kvm04, kvm05",
        "       1 · silent  kvm03",
    ]


@pytest.mark.parametrize("width", [1, 20, 60])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_words_stay_in_the_panel(width: int, name: str) -> None:
    bad = host_row(name, tags=("rack1",), state=S.FAILED, cause=name)
    for glyphs in (UNICODE, ASCII):
        for line in sum_lines(sums(bad, host_row(name * 2, tags=("rack1",))), width, glyphs):
            text = text_of(line.spans)
            assert width_of(text) <= width and safe(text) == text


SIZES = [(80, 24), (120, 40), (200, 60)]


@pytest.mark.parametrize("size", SIZES)
async def test_the_panel_stands_in_the_place_of_the_hosts_while_the_cursor_is_on_a_group(size: tuple[int, int]) -> None:
    fakes = two_sites()
    async with open_app(fakes, size) as opened:
        for host in ("kvm06", "kvm07"):
            fakes.transport.change(host, S.FAILED, "gone")
        await opened.until(lambda: opened.has("trouble  2 hosts · 1 cause"))
        await opened.press("home")
        shown = [line.rstrip() for line in opened.lines()]
        assert shown[2].startswith("▌▾ trouble  2 hosts · 1 cause") and "▸ ✕ 2 hosts: gone · rack2" in shown[3]
        assert re.match(r" ▾ rack2 .* 2 ● +2 ✕", shown[4])
        assert opened.fleet.group.display == (size[0] >= 120)
        if size[0] >= 120:
            assert not opened.panel.display and opened.has(" 2 hosts in trouble") and opened.has("· gone  kvm06, kvm07")
        await opened.press("n")
        assert list(opened.hosts.cursor_hosts) == ["kvm06"] and not opened.fleet.group.display
        assert opened.panel.display == (size[0] >= 120)
