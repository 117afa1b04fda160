"""The list of the VMs of all hosts, and the view of a single VM."""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from atp_tui.engine.resolved import TargetWords
from atp_tui.model.errors import CallFailed
from atp_tui.model.events import DomainsDescribed, HostSampled
from atp_tui.model.guest import GuestFileSystem, GuestInfo, GuestInterface, GuestSaid, GuestUser
from atp_tui.model.node import DomainMetadata, DomainReading, DomainState
from atp_tui.model.problem import problem_of
from atp_tui.monitor.domain_query import (
    AboutWidths,
    Described,
    DomainDetail,
    DomainGroupLine,
    DomainGroups,
    DomainLine,
    DomainSort,
)
from atp_tui.monitor.rows import DomainCounts, DomainRow
from atp_tui.ui.glyphs import ASCII, UNICODE, Glyphs
from atp_tui.ui.targeting import completed
from atp_tui.ui.text import safe, width_of
from atp_tui.ui.views.domain.drawing import head_spans
from atp_tui.ui.views.domain.guest import draw_guest, guest_lines
from atp_tui.ui.views.domain.view import DomainView
from atp_tui.ui.views.domain.xml import draw_xml, xml_lines
from atp_tui.ui.views.domains.columns import NAMES, domain_columns
from atp_tui.ui.views.domains.drawing import draw_domain_line, draw_group_line
from atp_tui.ui.views.domains.table import DomainTable
from atp_tui.ui.views.domains.view import DomainsView
from atp_tui.ui.widgets.charts import Chart, bands, chart_rows, samples_shown

from .conftest import Opened, open_app
from .fleet_services import FleetServices, S, rack
from .rows import NOW, host_row, text_of

D = DomainState
SIZES = [(80, 24), (120, 40), (200, 60)]
HOSTILE = ["vm[/]", "\x1b[31mred", "[@click=app.quit]x[/]", "\u202evm", "数据库" * 9, "v" * 300, "a/b/c"]
GIB = 1 << 20


def guest(name: str, state: DomainState = D.RUNNING, moved: int = 0, **changes: Any) -> DomainReading:
    used = None if state is D.SHUTOFF else moved * 10**9
    reading = DomainReading(name, f"uuid-{name}", state, 2, 2 * GIB, 8 * GIB, used, moved, moved, None, moved, moved)
    return reading._replace(**changes)


def line(reading: DomainReading, **changes: object) -> DomainLine:
    row = DomainRow(reading, 0.71, 1.2e6, 4e5, (0.5, 0.6, 0.7), 3e6, 9e3, at=NOW - 1)
    return replace(DomainLine("k", "", "kvm01", row, True, False), **changes)  # type: ignore[arg-type]


def said(reading: DomainReading, about: DomainMetadata, **changes: object) -> DomainLine:
    found = line(reading, **changes)
    return replace(found, row=replace(found.row, about=about))


# Lines


@pytest.mark.parametrize("width", [20, 40, 54, 78, 100, 120, 160, 200])
@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=["unicode", "ascii"])
def test_lines_fit_whatever_stands_in_them(width: int, glyphs: type) -> None:
    at = domain_columns(width, 300, 12, 20, DomainGroups.NONE, AboutWidths(300, 64, 39, 300))
    for name in (*HOSTILE, "db1"):
        about = DomainMetadata(name, name, name, name, (name, "prod"))
        for state in D:
            for row in (line(guest(name, state)), said(guest(name, state), about, marked=True, fresh=False)):
                text = text_of(draw_domain_line(row, width, at, NOW, glyphs))  # type: ignore[arg-type]
                assert width_of(text) <= width and safe(text) == text
        group = DomainGroupLine("g", name, False, DomainCounts(1200, 3, 2, 90, 1), 1296, 5)
        text = text_of(draw_group_line(group, width, glyphs))  # type: ignore[arg-type]
        assert width_of(text) <= width and safe(text) == text


@pytest.mark.parametrize("width", [54, 80, 120, 160, 200])
def test_figures_stand_still(width: int) -> None:
    at = domain_columns(width, 12, 8, 6, DomainGroups.NONE)
    few = DomainRow(guest("a"), 0.0, 0.0, 0.0, (), 0.0, 0.0, at=NOW)
    many = DomainRow(guest("abcdefgh"), 1.0, 9e8, 9e8, (1.0,) * 32, 9e9, 9e9, at=NOW - 500)
    none = DomainRow(guest("b"), None, None, None, (), None, None, at=NOW)
    texts = [
        text_of(draw_domain_line(line(row.reading, row=row), width, at, NOW, UNICODE)) for row in (few, many, none)
    ]
    assert len({width_of(text) for text in texts}) == 1
    assert "n/a" in texts[2] and "0 %" in texts[0] and "100 %" in texts[1]


def test_columns_go_in_the_order_of_their_worth() -> None:
    order = ("cpu", "host", "memory", "state", "disk", "net", "age", "vcpus")
    for width in range(10, 300):
        at = domain_columns(width, 20, 12, 8, DomainGroups.NONE)
        shown = [bool(getattr(at, column)) for column in order]
        assert shown == sorted(shown, reverse=True)
        used = 5 + at.name + sum(getattr(at, column) for column in order) + at.spark
        assert used < width or width < 25
    assert not domain_columns(200, 20, 12, 8, DomainGroups.HOST).host, "it stands over the group"


SHOP = DomainMetadata("Shop front", "Ask Ada.", "debian12", "192.0.2.7", ("web", "prod"))


def test_what_the_metadata_say_comes_after_the_figures_by_its_worth() -> None:
    said_of_all = AboutWidths(26, 14, 15, 8)
    for width in range(10, 300):
        plain = domain_columns(width, 12, 12, 8, DomainGroups.NONE)
        at = domain_columns(width, 12, 12, 8, DomainGroups.NONE, said_of_all)
        shown = [bool(each) for each in (at.vcpus, at.title, at.os, at.address, at.tags, at.both)]
        assert shown == sorted(shown, reverse=True)
        assert [at.cpu, at.host, at.state > 0, at.age] == [plain.cpu, plain.host, plain.state > 0, plain.age]
        used = 5 + at.name + at.host + at.state + at.cpu + at.memory + at.disk + at.net + at.vcpus + at.age
        assert used + at.title + at.os + at.address + at.tags + at.spark < width or width < 25
    heads = {name: end for end, name in at.heads()}
    text = text_of(draw_domain_line(said(guest("web"), SHOP), 299, at, NOW, UNICODE))
    for head, shown_text in (
        ("title", "Shop front"),
        ("os", "debian12"),
        ("address", "192.0.2.7"),
        ("tags", "web prod"),
    ):
        assert text.index(shown_text) == heads[head] - len(head), "a text begins where its head does"


def test_a_person_chooses_the_columns_and_the_first_ones_go_first() -> None:
    widths = AboutWidths(26, 14, 15, 8)
    for width in range(10, 200):
        for chosen in (("title", "address", "cpu"), ("tags",), tuple(NAMES.values())):
            at = domain_columns(width, 12, 12, 8, DomainGroups.NONE, widths, chosen)
            shown = [bool(getattr(at, column)) for column in chosen]
            assert shown == sorted(shown, reverse=True)
            assert not any(getattr(at, column) for column in set(NAMES.values()) - set(chosen))
            used = 5 + at.name + sum(getattr(at, column) for column in chosen)
            assert used < width or width < 25
    assert domain_columns(80, 12, 12, 8, DomainGroups.NONE, chosen=("tags",)).tags, "also where no domain has any"


def test_nothing_said_of_any_has_no_columns() -> None:
    at = domain_columns(200, 12, 12, 8, DomainGroups.NONE, AboutWidths(0, 0, 0, 8))
    assert not (at.title or at.os or at.address) and at.tags


def test_one_that_is_off_has_no_figures_and_one_that_is_gone_says_so() -> None:
    at = domain_columns(120, 12, 12, 6, DomainGroups.NONE)
    off = text_of(draw_domain_line(line(guest("old", D.SHUTOFF)), 120, at, NOW, UNICODE))
    assert "shut off" in off and "%" not in off and "MB/s" not in off
    gone = line(guest("web"), fresh=False)
    gone = replace(gone, row=replace(gone.row, gone=True, at=NOW - 41))
    spans = draw_domain_line(gone, 120, at, NOW, UNICODE)
    assert "gone" in text_of(spans) and "41 s" in text_of(spans)
    assert {role for text, role in spans if text.strip()} == {"dim"}


def test_a_figure_that_is_kept_is_dim_with_its_age() -> None:
    at = domain_columns(120, 12, 12, 6, DomainGroups.NONE)
    locked = line(guest("web", D.PAUSED, reason="migration"))
    locked = replace(locked, row=replace(locked.row, kept=("disk",), kept_at=NOW - 30))
    spans = draw_domain_line(locked, 120, at, NOW, UNICODE)
    assert "30 s" in text_of(spans) and "paused (migra" in text_of(spans)
    assert {role for text, role in spans if "3.0 MB/s" in text} == {"dim"}


# The list


def says(fakes: FleetServices, host: str, *domains: DomainReading) -> None:
    now = fakes.transport.heard[host] = fakes.transport.clock.monotonic()
    fakes.transport.hub.publish(HostSampled(now, host, None, domains, 0.001, 0, 0))


async def sampled(opened: Opened) -> None:
    """Two samples of two hosts, two seconds apart to the moment."""
    now = opened.fakes.transport.clock.monotonic()
    for turn in (0, 1):
        web, app = (guest(name, moved=4_000_000 * turn, cpu_time=3 * turn * 10**9) for name in ("web10", "app"))
        first = (web, guest("web9"), guest("db", D.PAUSED))
        second = (app._replace(cpu_time=4 * turn * 10**9), guest("old", D.SHUTOFF), guest("bad", D.CRASHED))
        for host, domains in (("kvm01", first), ("kvm02", second)):
            at = opened.fakes.transport.heard[host] = now - 2.0 * (1 - turn)
            opened.fakes.transport.hub.publish(HostSampled(at, host, None, domains, 0.001, 0, 0))
    await opened.press("2")
    await opened.until(lambda: isinstance(opened.screen.view, DomainsView) and opened.has("VMs 6 "))


def table(opened: Opened) -> DomainTable:
    view = opened.screen.view
    assert isinstance(view, DomainsView)
    return view.table


def listed(opened: Opened) -> list[str]:
    found: list[str] = []
    for each in table(opened).lines:
        found.append(each.row.reading.name if isinstance(each, DomainLine) else each.name.upper())
    return found


EXPECTED = {
    80: [
        "▌  ✕ bad    kvm02  crashed          0 %   25 %    0.0 B/s    0.0 B/s",
        "   ◐ db     kvm01  paused           0 %   25 %    0.0 B/s    0.0 B/s",
        "   ● app    kvm02  running        100 %   25 %   4.0 MB/s   4.0 MB/s",
    ],
    120: [
        "▌  ✕ bad    kvm02  crashed                       0 %   25 %    0.0 B/s    0.0 B/s    0.0 B/s    0.0 B/s",
        "   ◐ db     kvm01  paused                        0 %   25 %    0.0 B/s    0.0 B/s    0.0 B/s    0.0 B/s",
        "   ● app    kvm02  running                     100 %   25 %   2.0 MB/s   2.0 MB/s   2.0 MB/s   2.0 MB/s",
    ],
    200: [
        "▌  ✕ bad    kvm02  crashed                         0 %   2.0 GiB of  8.0 GiB   25 %    0.0 B/s    0.0 B/s ",
        "   ◐ db     kvm01  paused                          0 %   2.0 GiB of  8.0 GiB   25 %    0.0 B/s    0.0 B/s ",
        "   ● app    kvm02  running                       100 %   2.0 GiB of  8.0 GiB   25 %   2.0 MB/s   2.0 MB/s ",
    ],
}
"""What stands left of the ages and the charts."""


@pytest.mark.parametrize("size", SIZES)
async def test_all_vms_stand_in_one_list_those_in_trouble_first(size: tuple[int, int]) -> None:
    async with open_app(FleetServices(rack(3)), size) as opened:
        await sampled(opened)
        assert listed(opened) == ["bad", "db", "app", "web9", "web10", "old"]
        await opened.until(lambda: opened.has("▌  ✕ bad"))
        top = next(number for number, text in enumerate(opened.lines()) if "▌  ✕ bad" in text)
        shown = [text.split("│")[0].rstrip() for text in opened.lines()[top : top + 3]]
        for text, wanted in zip(shown, EXPECTED[size[0]], strict=True):
            assert text.startswith(wanted), f"\n{text}\n{wanted}"
        assert " cpu " in opened.lines()[top - 1] and "VMs 6" in opened.lines()[top - 1]


async def test_orders_groups_folds_and_the_filter(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        await sampled(opened)
        await opened.press("s")
        assert table(opened).asked.sort is DomainSort.NAME and listed(opened)[0] == "app"
        await opened.press("g")
        assert listed(opened) == ["KVM01", "db", "web9", "web10", "KVM02", "app", "bad", "old"]
        await opened.press("home", "left")
        assert listed(opened) == ["KVM01", "KVM02", "app", "bad", "old"]
        await opened.press("slash")
        await opened.type("web")
        await opened.until(lambda: opened.has("VMs 2 of 6 by name / web"))
        assert listed(opened) == ["KVM01", "web9", "web10"], "a search unfolds"
        await opened.press("enter", "escape")
        await opened.until(lambda: len(listed(opened)) == 5)
        await opened.press("g", "g", "g")
        opened.app.type_command("sort cpu")
        await opened.until(lambda: listed(opened)[:2] == ["app", "web10"])
        opened.app.type_command("sort cpo")
        await opened.until(lambda: opened.has("no order cpo: did you mean cpu?"))
        opened.app.type_command("group state")
        await opened.until(lambda: listed(opened)[0] == "CRASHED")


async def test_a_locator_leads_to_the_same_list(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        await sampled(opened)
        assert str(opened.screen.navigation.locator) == "domains"
        for command in ("sort memory", "group host"):
            opened.app.type_command(command)
        await opened.until(lambda: str(opened.screen.navigation.locator) == "domains?sort=mem&group=host")
        opened.app.type_command("domain kvm01/web9")
        await opened.until(lambda: str(opened.screen.navigation.locator) == "domain/kvm01/web9")


async def test_marks_are_of_vms_and_commands_go_to_their_hosts(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        await sampled(opened)
        await opened.until(lambda: opened.has("kvm02 (1)"))
        await opened.press("j", "space", "j", "space")
        await opened.until(lambda: opened.has("kvm[01-02] (2)") and opened.has("2 marked"))
        await opened.press("space", "a")
        await opened.until(lambda: opened.has("6 marked"))
        says(opened.fakes, "kvm02", guest("app"))
        opened.fakes.transport.remove("kvm01")
        await opened.until(lambda: opened.has("3 marked") and opened.has("kvm02 (1)"))
        await opened.press("u")
        await opened.until(lambda: not opened.has("marked"))


async def test_placeholders_say_what_would_help(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        await opened.press("2")
        await opened.until(lambda: opened.has("No VM on any host that has answered."))
        await sampled(opened)
        await opened.press("slash")
        await opened.type("nobody")
        await opened.until(lambda: opened.has("None of 6 VMs match /nobody"))
        for text in ("cpu=5",):
            await opened.press("ctrl+u")
            await opened.type(text)
            await opened.until(lambda: opened.has("cpu is compared with") and opened.has("write cpu>5"))


async def test_a_name_that_is_hostile_stays_a_name(fakes: FleetServices) -> None:
    async with open_app(fakes, (200, 60)) as opened:
        says(fakes, "kvm01", *[guest(name) for name in HOSTILE])
        await opened.press("2")
        await opened.until(lambda: opened.has("vm[/]"))
        for number in range(len(HOSTILE)):
            await opened.press("home", *["j"] * number, "enter")
            await opened.until(lambda: isinstance(opened.screen.view, DomainView) and opened.has("uuid-"))
            await opened.press("escape")
            await opened.until(lambda: isinstance(opened.screen.view, DomainsView))


async def test_a_large_fleet_comes_in_parts_until_it_is_whole(
    fakes: FleetServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("atp_tui.monitor.domain_index.MOST_AT_ONCE", 2)
    async with open_app(fakes) as opened:
        for host in fakes.transport.list_hosts():
            says(fakes, host.id, *[guest(f"{host.id}-{number}") for number in range(3)])
        await opened.press("2")
        await opened.until(lambda: opened.has("VMs 12 ") and len(table(opened).lines) == 12)


# One VM


XML = "<domain type='kvm'>\n  <name>app</name>\n  <!-- a\n  comment -->\n  <os\n    arch='x'/>\n</domain>"


@pytest.mark.parametrize("size", SIZES)
async def test_enter_opens_the_vm_with_its_charts_and_esc_comes_back_to_the_same_line(size: tuple[int, int]) -> None:
    async with open_app(FleetServices(rack(3)), size) as opened:
        await sampled(opened)
        await opened.press("j", "j", "enter")
        await opened.until(lambda: isinstance(opened.screen.view, DomainView) and opened.has("on kvm02 ●"))
        for words in ("running", "rack1", "uuid-app", "2 vcpu", "2.0 GiB of 8.0 GiB", "CPU", "network", "last 64 s"):
            assert opened.has(words), words
        assert opened.has("kvm02 (1)") and opened.has("▸ kvm02/app"), "commands go to its host"
        await opened.press("escape")
        await opened.until(lambda: isinstance(opened.screen.view, DomainsView))
        line = table(opened).cursor_line
        assert isinstance(line, DomainLine) and line.row.reading.name == "app"


async def test_the_xml_is_asked_for_by_a_key_and_put_away_by_it(fakes: FleetServices) -> None:
    fakes.asking.described = Described(XML)
    async with open_app(fakes) as opened:
        await sampled(opened)
        await opened.press("j", "j", "enter")
        await opened.until(lambda: opened.has("no agent") and opened.has("Press u to ask again."))
        await opened.press("x")
        await opened.until(lambda: opened.has("<name>app</name>") and opened.has("asked 0 s ago"))
        await opened.press("x")
        await opened.until(lambda: not opened.has("<name>app</name>"))
        fakes.asking.described = Described(problem=problem_of(CallFailed("the domain is busy", host="kvm02")))
        await opened.press("x")
        await opened.until(lambda: opened.has("the domain is busy"))
        await opened.press("escape")
        await opened.until(lambda: opened.has("no agent"))


async def test_an_answer_to_a_question_of_before_is_not_shown(fakes: FleetServices) -> None:
    gate = asyncio.Event()

    async def slow(host_id: str, uuid: str) -> Described:
        await gate.wait()
        return Described(f"<late of='{uuid}'/>")

    fakes.fleet.describe_domain = slow
    async with open_app(fakes) as opened:
        await sampled(opened)
        await opened.press("enter", "x")
        await opened.until(lambda: opened.has("Asking kvm02 for it"))
        await opened.press("escape", "escape", "j", "enter")
        await opened.until(lambda: opened.has("on kvm01"))
        gate.set()
        await opened.pilot.pause(0.1)
        assert not opened.has("late of")


async def test_a_vm_that_is_gone_says_when_it_was_seen(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        await sampled(opened)
        opened.app.type_command("domain kvm02/app")
        await opened.until(lambda: opened.has("on kvm02 ●"))
        fakes.transport.clock.ahead += 2.0
        says(fakes, "kvm02", guest("bad", D.CRASHED))
        await opened.until(lambda: re.search(r"gone · last seen \d+ s ago, running then", opened.text()))
        opened.app.type_command("domain kvm02/nobody")
        await opened.until(lambda: opened.has("No VM nobody on kvm02."))
        opened.app.type_command("domain nowhere/x")
        await opened.until(lambda: opened.has("nowhere is no host of the fleet."))


async def test_enter_in_the_panel_of_a_host_opens_its_vm(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        says(fakes, "kvm01", guest("web/9"))
        await opened.until(lambda: opened.has("web/9"))
        await opened.press("enter", "enter")
        await opened.until(lambda: isinstance(opened.screen.view, DomainView) and opened.has("▸ kvm01/web/9"))
        assert opened.has("uuid-web/9")
        await opened.press("escape", "o")
        await opened.until(lambda: opened.has("▸ kvm01") and not isinstance(opened.screen.view, DomainView))
        await opened.press("enter")
        await opened.until(lambda: isinstance(opened.screen.view, DomainView))


def test_charts_fit_and_say_their_scale() -> None:
    values = (math.nan, 0.2, 0.5)
    charts = [
        Chart(name, values, lambda value: "n/a" if value is None else f"{value:.1f}", 0.8)
        for name in ("CPU", "network")
    ]
    for width in (21, 30, 40, 55, 56, 120):
        for height in (1, 2, 3, 4, 8):
            rows = chart_rows(charts, width, height, 32, UNICODE, stale=False)
            assert all(width_of(text_of(row)) <= width for row in rows)
            assert len(rows) == height * bands(2, width) == height * (0 if width < 22 else 1 if width >= 56 else 2)
    text = "\n".join(map(text_of, chart_rows(charts, 120, 4, 32, UNICODE, stale=False)))
    assert "0.5" in text and "max 0.5" in text and "of 0.8" in text
    roles = {role for row in chart_rows(charts, 120, 4, 32, UNICODE, stale=True) for _, role in row}
    assert roles <= {"dim", "text"}


@pytest.mark.parametrize(
    ("width", "cells", "shown"), [(30, 12, 24), (60, 12, 24), (120, 42, 84), (200, 82, 120), (400, 182, 120)]
)
def test_a_chart_has_all_that_is_remembered_over_its_whole_room_or_the_newest(
    width: int, cells: int, shown: int
) -> None:
    def filled(values: tuple[float, ...]) -> str:
        return text_of(chart_rows([Chart("CPU", values, str, 1.0)], width, 4, 120, UNICODE, stale=False)[0])[15:]

    assert samples_shown(width, 4, 120, UNICODE) == shown
    assert filled((1.0,) * 120).rstrip() == "\u28ff" * cells
    young = filled((1.0,)).rstrip()
    assert len(young) == cells and len(young.strip()) == (1 if cells < 120 else 2)
    assert filled((1.0, *(0.0,) * (shown - 1)))[0] in "\u2847\u28ff", "the oldest that is shown is at the left"


def test_the_head_of_a_vm_fits_and_is_dim_where_its_host_is_lost() -> None:
    host = host_row("kvm01", state=S.RECONNECTING)
    row = DomainRow(guest("a" * 90, reason="booted"), 0.5, None, None, (), at=NOW - 30)
    detail = DomainDetail(NOW, host, row, False, (("cpu", (0.5,)),))
    for width in (10, 40, 80, 200):
        for spans in head_spans(detail, width, 2, NOW, UNICODE):
            assert width_of(text_of(spans)) <= width
    text = "\n".join(map(text_of, head_spans(detail, 200, 2, NOW, UNICODE)))
    assert "figures are 30 s old" in text and "n/a" in text and "reconnecting" in text


@pytest.mark.parametrize("height", [16, 24, 40])
async def test_what_the_metadata_say_stands_in_the_list_and_over_the_charts(fakes: FleetServices, height: int) -> None:
    async with open_app(fakes, size=(200, height)) as opened:
        await sampled(opened)
        now = fakes.transport.clock.monotonic()
        fakes.transport.hub.publish(DomainsDescribed(now, "kvm02", (("uuid-app", SHOP),)))
        opened.app.type_command("domain kvm02/app")
        await opened.until(lambda: opened.has("Shop front · debian12 · 192.0.2.7 · web, prod"))
        assert opened.has("Ask Ada.") and opened.has("XML")
        opened.app.type_command("domains")
        opened.screen.view.search("title:shop")
        await opened.until(lambda: opened.has("debian12") and opened.has(" 1 of "))


async def test_the_columns_are_chosen_by_name_and_stay(fakes: FleetServices) -> None:
    async with open_app(fakes, size=(80, 24)) as opened:
        await sampled(opened)
        fakes.transport.hub.publish(DomainsDescribed(0.0, "kvm02", (("uuid-app", SHOP),)))
        opened.app.type_command("domains")
        await opened.until(lambda: opened.has("app") and opened.has(" net ") and not opened.has("debian12"))
        opened.app.type_command("columns os,ip,title")
        await opened.until(lambda: opened.has("debian12") and opened.has("192.0.2.7") and opened.has("Shop front"))
        assert opened.has(" address ") and not opened.has(" net ")
        assert ("columns", "os,ip,title") in opened.screen.view.settings
        opened.app.type_command("columns titel")
        await opened.until(lambda: opened.has("did you mean title?"))
        opened.app.type_command("columns")
        await opened.until(lambda: opened.has(" net ") and not opened.has("debian12"))


# The guest

GUEST = GuestInfo(
    "shop1", "Debian GNU/Linux 12", "6.1.0", "CET", 3600, (GuestUser("ada", NOW - 7200),),
    (
        GuestFileSystem("/", "ext4", 99, 50),
        GuestFileSystem("/srv", "xfs", 100, 95),
        GuestFileSystem("/x", "", None, None),
    ),
    (
        GuestInterface("lo", "", ("127.0.0.1/8",)),
        GuestInterface("eth0", "52:54:00:00:00:01", ("192.0.2.7/24", "fe80::1/64")),
    ),
)  # fmt: skip


def test_a_guest_is_told_in_few_lines_the_fullest_file_system_first() -> None:
    lines = guest_lines(GUEST, NOW, UNICODE)
    texts = [text_of(draw_guest(each, 100, UNICODE)).strip() for each in lines]
    assert texts == [
        "shop1 · Debian GNU/Linux 12 · 6.1.0",
        "time zone CET +01:00 · logged in ada for 2 h",
        "/srv    95 %  95 B of 100 B  xfs",
        "/       51 %  50 B of 99 B  ext4",
        "/x       n/a  n/a of n/a",
        "eth0  192.0.2.7/24  52:54:00:00:00:01",
    ]
    roles = {role for text, role in lines[2].pieces if "95 %" in text}
    assert roles == {"failed"}
    assert guest_lines(GuestInfo(), NOW, UNICODE) == []


@pytest.mark.parametrize("width", [1, 20, 80, 200])
@pytest.mark.parametrize("name", HOSTILE)
def test_whatever_a_guest_says_is_drawn_in_its_room(width: int, name: str) -> None:
    said = GuestInfo(
        name, name, name, name, -34_200, (GuestUser(name, 1e300),), (GuestFileSystem(name, name, 1, 1 << 62),) * 3,
        (GuestInterface(name, name, (name, name)),),
    )  # fmt: skip
    for glyphs in (UNICODE, ASCII):
        for each in guest_lines(said, NOW, glyphs):
            text = text_of(draw_guest(each, width, glyphs))
            assert width_of(text) <= width and safe(text) == text


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_the_guest_is_asked_when_its_vm_is_opened_and_again_by_a_key(size: tuple[int, int]) -> None:
    fakes = FleetServices(rack(3))
    asked: list[tuple[str, str]] = []

    async def guest_of(host_id: str, uuid: str) -> GuestSaid:
        asked.append((host_id, uuid))
        return GuestSaid(fakes.fleet.now(), GUEST._replace(hostname=f"answer-{len(asked)}"))

    fakes.fleet.guest_of = guest_of
    async with open_app(fakes, size) as opened:
        await sampled(opened)
        await opened.press("j", "j", "enter")
        await opened.until(lambda: opened.has("answer-1") and opened.has("192.0.2.7") and opened.has("CPU"))
        assert opened.has("guest") and opened.has("asked 0 s ago") and asked == [("kvm02", "uuid-app")]
        await opened.press("x")
        await opened.until(lambda: opened.has("<domain/>") and not opened.has("answer-1"))
        await opened.press("u")
        await opened.until(lambda: opened.has("answer-2") and not opened.has("<domain/>"))
        assert len(asked) == 2, "nobody asks but who opens the VM, and the key"
        await opened.press("escape")
        await opened.until(lambda: isinstance(opened.screen.view, DomainsView))


async def test_a_vm_that_is_off_is_not_asked_and_a_guest_that_hangs_is_told(fakes: FleetServices) -> None:
    gate = asyncio.Event()
    asked: list[str] = []

    async def hangs(host_id: str, uuid: str) -> GuestSaid:
        asked.append(uuid)
        await gate.wait()
        return GuestSaid(fakes.fleet.now(), GUEST._replace(hostname=f"late-{uuid}"))

    fakes.fleet.guest_of = hangs
    async with open_app(fakes) as opened:
        await sampled(opened)
        opened.app.type_command("domain kvm02/old")
        await opened.until(lambda: opened.has("It does not run, so that no guest can be asked."))
        await opened.press("u")
        assert asked == []
        opened.app.type_command("domain kvm02/app")
        await opened.until(lambda: opened.has("Asking its agent"))
        await opened.press("u")
        assert asked == ["uuid-app"], "one question at a time"
        opened.app.type_command("domain kvm01/db")
        await opened.until(lambda: opened.has("on kvm01") and asked == ["uuid-app", "uuid-db"])
        gate.set()
        await opened.until(lambda: opened.has("late-uuid-db"))
        assert not opened.has("late-uuid-app")


# XML


def coloured(xml: str) -> list[list[tuple[str, str]]]:
    return [[(str(text), role) for text, role in draw_xml(each, 60)] for each in xml_lines(xml)]


def test_xml_is_coloured_by_what_it_is() -> None:
    lines = coloured(XML)
    assert ("domain", "title") in lines[0] and ("'kvm'", "chart") in lines[0] and ("type", "text") in lines[0]
    assert ("app", "strong") in lines[1]
    assert {role for text, role in lines[3] if text.strip()} == {"dim"}, "a comment goes on"
    assert ("arch", "text") in lines[5] and ("'x'", "chart") in lines[5], "a tag goes on"


@pytest.mark.parametrize("xml", ["", "<", "<a", "a>b", "<!--", "-->", "<a b='", "\x1b[31m<x/>", "数" * 90, "<a>" * 999])
def test_whatever_a_host_sends_as_xml_is_drawn(xml: str) -> None:
    for each in xml_lines(xml):
        text = text_of(draw_xml(each, 40))
        assert width_of(text) <= 40 and safe(text) == text
        shown: Sequence[str] = text.strip(" ~…")
        assert not each.text.strip() or shown


# Hosts by their VMs


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("@vm.t", "@vm.tag:"),
        ("@rack1&vm.s", "@rack1&vm.state:"),
        ("@rack1!@vm.o", "@rack1!@vm.os:"),
        ("@stat", "@state:"),
        ("@", None),
        ("@vm.tag:", None),
        ("@vm.tag:web cat vm.t", None),
        ("vm.t", None),
        ("@ra", "@rack1"),
        ("@rack1&@ed", "@rack1&@edge"),
        ("@rack1&ed", None),
        ("@rack1!@a", "@rack1!@all"),
        ("@sta", "@stage"),
        ("@j", "@job.17"),
        ("@job.1", "@job.17"),
        ("@job.17.", "@job.17.failed"),
        ("@rack1&@job.17.wa", "@rack1&@job.17.waiting"),
        ("@la", "@last"),
        ("@last.n", "@last.notrun"),
        ("@job.17 uptime @ra", None),
    ],
)
def test_what_is_begun_in_targets_is_offered_in_the_command_line(line: str, offered: str | None) -> None:
    assert completed(line, lambda: TargetWords(("rack1", "stage"), ("edge",), (17, 16))) == offered


async def test_a_command_goes_to_hosts_by_their_vms_while_it_is_typed(fakes: FleetServices) -> None:
    async with open_app(fakes, (160, 40)) as opened:
        await sampled(opened)
        await opened.press("exclamation_mark")
        await opened.type("@vm.name:ap* uptime")
        await opened.until(lambda: opened.has("@vm.name:ap* (1) ❯"))
        fakes.transport.hub.publish(DomainsDescribed(0.0, "kvm02", (("uuid-app", SHOP),)))
        opened.screen.pane.line.value = "@vm.tag:prod uptime"
        await opened.until(lambda: opened.has("@vm.tag:prod (1) ❯"))
        opened.screen.pane.line.value = "@vm.tag:prdo uptime"
        await opened.until(lambda: opened.has("did you mean vm.tag:prod?"))
        await opened.press("enter")
        assert not fakes.jobs.started
        opened.screen.pane.line.value = "@vm.tag:prod uptime"
        await opened.press("enter")
        assert [job.hosts for job in fakes.jobs.started] == [("kvm02",)]


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII])
@pytest.mark.parametrize("width", [80, 120])
def test_the_rates_of_a_vm_are_all_told_in_any_width_that_has_room_for_them(width: int, glyphs: Glyphs) -> None:
    reading = guest("db")._replace(vcpus=128, memory_kib=1023 * GIB, memory_max_kib=1024 * GIB)
    row = DomainRow(reading, 0.71, 556e6, 889e6, (), 778e6, 667e6, at=NOW - 1)
    told = text_of(head_spans(DomainDetail(NOW, host_row("kvm01"), row, True, ()), width, 0, NOW, glyphs)[2])
    assert width_of(safe(told)) <= width
    assert [each for each in ("556 MB/s", "889 MB/s", "778 MB/s", "667 MB/s") if each not in told] == []
