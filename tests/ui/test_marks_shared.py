"""Marks of hosts are one set for all views, and commands go to the same hosts wherever they were marked."""

from __future__ import annotations

import pytest

from atp_tui.ui.views.heat.view import HeatView

from .conftest import Opened, open_app
from .fleet_services import FleetServices, rack
from .test_domains import guest, says

SIZES = [(80, 24), (120, 40)]


def heat(opened: Opened) -> HeatView:
    view = opened.screen.view
    assert isinstance(view, HeatView)
    return view


@pytest.mark.parametrize("size", SIZES)
async def test_what_is_marked_in_the_tree_is_marked_in_the_heat_map_and_back(size: tuple[int, int]) -> None:
    fakes = FleetServices(rack(4))
    async with open_app(fakes, size) as opened:
        await opened.press("space", "j", "space", "j", "j", "3")
        await opened.until(lambda: opened.has("2 marked") and opened.has("kvm[01-02] (2)"))
        assert heat(opened).cells.marked == {"kvm01", "kvm02"}
        await opened.press("exclamation_mark", *"id", "enter")
        await opened.until(lambda: fakes.jobs.started)
        assert fakes.jobs.started[0].hosts == ("kvm01", "kvm02")
        for host in fakes.jobs.started[0].hosts:
            fakes.jobs.started[0].end(host)
        await opened.until(lambda: opened.has("2/2 done"))
        await opened.press("escape", "i", "1")
        await opened.until(lambda: opened.hosts.asked.marked == {"kvm03", "kvm04"} and opened.has("kvm[03-04] (2)"))
        await opened.press("u", "3")
        await opened.until(lambda: opened.screen.view.id == "heat" and not opened.has(" marked"))


async def test_a_range_that_was_open_brings_no_mark_back(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        await opened.press("space", "j", "v", "j", "3")
        await opened.until(lambda: opened.screen.view.id == "heat" and opened.has("3 marked"))
        await opened.press("u", "1")
        await opened.until(lambda: opened.screen.view.id == "hosts" and not opened.hosts.asked.marked)
        await opened.press("j", "k")
        assert not opened.hosts.asked.marked


async def test_hosts_are_marked_by_a_target_where_one_is() -> None:
    async with open_app(FleetServices([*rack(2), *rack(2, tag="rack2", start=3)])) as opened:
        await opened.press("3")
        await opened.until(lambda: opened.screen.view.id == "heat")
        await opened.press("colon")
        await opened.type("mark @rack2")
        await opened.press("enter")
        await opened.until(lambda: opened.has("2 hosts marked") and opened.screen.view.id == "heat")
        assert heat(opened).cells.marked == {"kvm03", "kvm04"}
        opened.fakes.transport.remove("kvm03")
        await opened.until(lambda: heat(opened).cells.marked == {"kvm04"} and opened.has("kvm04 (1)"))


@pytest.mark.parametrize("size", SIZES)
async def test_marked_hosts_take_the_commands_of_the_list_of_vms_until_a_vm_is_marked(size: tuple[int, int]) -> None:
    fakes = FleetServices(rack(3))
    async with open_app(fakes, size) as opened:
        says(fakes, "kvm01", guest("app"))
        says(fakes, "kvm03", guest("web"))
        await opened.press("j", "space", "2")
        await opened.until(lambda: opened.has("1 host marked") and opened.has("kvm02 (1)"))
        await opened.press("end", "space")
        await opened.until(lambda: opened.has(" 1 marked") and opened.has("kvm03 (1)"))
        await opened.press("u")
        await opened.until(lambda: opened.has("1 host marked") and opened.has("kvm02 (1)"))
        await opened.press("u")
        await opened.until(lambda: not opened.has("marked") and opened.has("kvm03 (1)"))
        await opened.press("1")
        await opened.until(lambda: opened.screen.view.id == "hosts" and not opened.hosts.asked.marked)
