"""The sums of the status line: each finds what it counts, by click, key and command, and Esc shows all again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.model.causes import Remedy, Trouble
from atp_tui.model.connection import ConnectionState
from atp_tui.model.events import HostSampled
from atp_tui.model.node import DomainReading, DomainState, NodeReading
from atp_tui.monitor.domain_query import DomainQuery
from atp_tui.monitor.freshness import Freshness
from atp_tui.monitor.host_filter import parse_filter
from atp_tui.monitor.rows import HostRow
from atp_tui.monitor.tally import Tally
from atp_tui.monitor.troubles import DANGER
from atp_tui.ui.sums import DOMAINS, HOSTS, NAME_OF_STATE, counting, find_sum, sums

from ..unit.monitor.test_domain_arrangement import Fleet
from .conftest import Opened, open_app
from .fleet_services import FleetServices, rack
from .rows import NOW, host_row
from .shown import ShownRows
from .test_domains import guest, says

S = ConnectionState
SIZES = [(80, 24), (120, 40)]
NODE = NodeReading("kvm", "QEMU", 9_002_000, 11_003_000, 64, 512 << 20, 200 << 20, 0, 1)


@st.composite
def hosts(draw: st.DrawFn) -> HostRow:
    state = draw(st.sampled_from(S))
    silent = NOW - 6 if state is S.CONNECTED and draw(st.booleans()) else None
    cause = draw(st.none() | st.sampled_from(DANGER))
    trouble = None if state is S.CONNECTED or cause is None else Trouble(cause, "", Remedy.TRUST_KEY)
    rates = [draw(st.sampled_from([None, 0.0, 3.5])) for _ in range(2)]
    old = draw(st.booleans())
    return host_row(
        "h", state=state, silent_since=silent, trouble=trouble, requests_per_second=rates[0],
        errors_per_second=rates[1], freshness=Freshness.OLD if old else Freshness.FRESH,
    )  # fmt: skip


@given(st.lists(hosts(), max_size=12))
def test_the_filter_of_each_sum_finds_just_the_hosts_that_it_counts(drawn: list[HostRow]) -> None:
    rows = [replace(row, id=f"h{number}") for number, row in enumerate(drawn)]
    summary = Tally(ShownRows(rows)).summary()
    figures = dict(summary.sums)
    assert {"req", "errors"} <= figures.keys()
    for each in sums():
        wanted = parse_filter(each.filter) if each.of == HOSTS else None
        if wanted is None:
            continue
        found = [row for row in rows if wanted(row)]
        if each.name in figures:  # a rate: those that are found make all of it, and each of them some
            assert each.count(summary) == each.count(Tally(ShownRows(found)).summary()), each.name
            assert all(each.count(Tally(ShownRows([row])).summary()) for row in found), each.name
        else:
            assert each.count(summary) == len(found), each.name
    of_states = [find_sum(name) for name in NAME_OF_STATE.values()]
    assert sum(each.count(summary) for each in of_states if each is not None) == len(rows)
    assert {each.name for each, _ in counting(summary)} <= {each.name for each in sums()}


def samples(fleet: Fleet, host: str, *domains: DomainReading) -> None:
    fleet.view.apply(HostSampled(fleet.now, host, NODE, domains, 0.001, 0, 0))
    fleet.arranged.note([host])


def test_the_filter_of_each_sum_finds_just_the_domains_that_it_counts() -> None:
    fleet = Fleet("kvm1", "kvm2")
    samples(fleet, "kvm2", guest("old"), guest("older", DomainState.SHUTOFF))
    fleet.now += 60
    samples(fleet, "kvm1", guest("gone"), *(guest(state, state) for state in DomainState))
    fleet.now += 2
    samples(fleet, "kvm1", guest("one more"), *(guest(state, state) for state in DomainState))
    fleet.goes_on(0)
    summary = Tally(fleet.view).summary()
    for each in sums():
        if each.of == DOMAINS:
            assert each.count(summary) > 0, each.name
            assert fleet.page(DomainQuery(each.filter)).shown == each.count(summary), each.name


def test_domains_whose_figures_grow_old_leave_the_sums_that_are_of_now() -> None:
    fleet = Fleet("kvm1")
    fleet.says("kvm1", guest("web"))
    assert fleet.names("state:up !state:unknown") == ["web"] and fleet.names("state:unknown") == []
    fleet.goes_on(60)
    assert fleet.names("state:up !state:unknown") == [] and fleet.names("state:unknown") == ["web"]


def test_a_sum_is_found_by_its_name_or_its_beginning() -> None:
    assert [each.name for name in ("lost", "fai", "up") if (each := find_sum(name))] == ["lost", "failed", "up"]
    assert find_sum("") is find_sum("connect") is find_sum("nonsense") is None


def clicked(opened: Opened, words: str) -> tuple[int, int]:
    return opened.lines()[0].index(words), 0


async def failed(opened: Opened) -> None:
    opened.fakes.transport.change("kvm02", S.FAILED, "refused")
    opened.fakes.transport.change("kvm03", S.RECONNECTING, "lost")
    await opened.until(lambda: opened.has("● 2  ◐ 1  ✕ 1"))


@pytest.mark.parametrize("size", SIZES)
async def test_a_click_on_a_sum_shows_what_it_counts_once_more_or_esc_shows_all(size: tuple[int, int]) -> None:
    async with open_app(FleetServices(rack(4)), size) as opened:
        await failed(opened)
        await opened.press("enter")  # in a narrow terminal the panel lies over the tree
        for undone_by in ("click", "escape"):
            await opened.pilot.click(offset=clicked(opened, "✕ 1"))
            await opened.until(lambda: opened.has("/ state:failed") and opened.hosts.has_focus)
            assert opened.hosts.shown_hosts == ("kvm02",)
            if undone_by == "click":
                await opened.pilot.click(offset=clicked(opened, "✕ 1"))
            else:
                await opened.press("escape")
            await opened.until(lambda: not opened.hosts.asked.filter)
        await opened.pilot.click(offset=(2, 0))
        await opened.pilot.pause()
        assert not opened.hosts.asked.filter, "the name of the program is no sum"


async def test_the_errors_a_second_lead_to_the_hosts_that_had_them_in_that_time() -> None:
    async with open_app(FleetServices(rack(4)), (160, 40)) as opened:
        transport = opened.fakes.transport
        now = transport.clock.monotonic()
        for at, errors in ((now - 1.0, 0), (now, 3)):
            for host, own in (("kvm02", errors), ("kvm03", 5)):
                transport.heard[host] = at
                transport.hub.publish(HostSampled(at, host, NODE, (), 0.001, 10, own))
        await opened.until(lambda: opened.has("3.0 err/s"))
        await opened.pilot.click(offset=clicked(opened, "3.0 err/s"))
        await opened.until(lambda: opened.has("/ errors>0") and opened.hosts.shown_hosts == ("kvm02",))
        await opened.press("escape", "equals_sign")
        await opened.until(lambda: opened.has("e 3 errors a second, all hosts together"))
        await opened.press("e")
        await opened.until(lambda: opened.hosts.shown_hosts == ("kvm02",))


@pytest.mark.parametrize("size", SIZES)
async def test_the_list_of_the_sums_has_a_key_for_each_and_commands_go_to_these(
    size: tuple[int, int],
) -> None:
    async with open_app(FleetServices(rack(4)), size) as opened:
        await failed(opened)
        await opened.press("equals_sign")
        await opened.until(lambda: opened.has("show only") and opened.has("l 1 lost: reconnecting or silent"))
        await opened.press("l")
        await opened.until(lambda: opened.hosts.asked.filter == "state:lost" and opened.has("kvm03 (1)"))
        await opened.press("3", "equals_sign", "down", "down", "enter")  # the third one: failed
        await opened.until(lambda: opened.screen.view.id == "heat" and opened.screen.view.filter == "state:failed")
        assert opened.hosts.asked.filter == "state:lost", "each view has a filter of its own"
        opened.fakes.transport.change("kvm04", S.FAILED, "refused")
        await opened.until(lambda: opened.has("2 of 4") and opened.has("✕ 2"))
        await opened.press("equals_sign", "escape")
        assert opened.screen.view.filter == "state:failed"


async def test_the_sums_of_vms_open_their_view_and_a_wrong_name_is_told(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        says(fakes, "kvm01", guest("web"), guest("db", DomainState.PAUSED))
        await opened.until(lambda: opened.has("1 paused"))
        await opened.press("colon", *"only", "space", *"pau")
        await opened.until(lambda: opened.has("only paused"))
        await opened.press("tab", "enter")
        await opened.until(lambda: opened.has("VMs 1 of 2 / state:paused !state:unknown"))
        await opened.press("escape", "escape")
        await opened.until(lambda: opened.screen.view.id == "hosts")
        await opened.press("colon", *"only", "space", *"fialed", "enter")
        await opened.until(lambda: opened.has("no sum fialed: did you mean failed?"))


async def test_the_jobs_of_the_top_line_open_their_view(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        await opened.press("exclamation_mark", *"id", "enter")
        await opened.until(lambda: opened.has("1 job running"))
        await opened.pilot.click(offset=clicked(opened, "1 job running"))
        await opened.until(lambda: opened.screen.view.id == "jobs-view")
