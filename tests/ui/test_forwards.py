"""Forwards on the screen: opened on the host pointed at, listed with what they have carried, and closed."""

from __future__ import annotations

import pytest

from atp_tui.model.forward import Forward, ForwardState, Place
from atp_tui.model.message import text

from .conftest import Opened, open_app
from .fleet_services import FleetServices, rack
from .test_jobs_view import opened_as

WEB = Forward(
    1, "kvm01", Place("127.0.0.1", 8080), Place("localhost", 80), 0.0, active=2, total=14, sent=12, received=5
)
LOST = Forward(
    2, "kvm02", Place(path="/run/near"), Place("fd00::7", 5900), 0.0, ForwardState.WAITING, total=3, failed=1,
    note=text("the host\x1b[31m is away"),
)  # fmt: skip


async def typed(opened: Opened, line: str) -> None:
    await opened.press("colon")
    await opened.type(line)
    await opened.press("enter")


def listed(opened: Opened) -> list[str]:
    return [" ".join(line.strip("▌ ").split()) for line in opened.lines() if line.strip("▌ ").startswith("#")]


@pytest.mark.parametrize("size", [(80, 24), (160, 40)])
async def test_the_list_says_what_each_carries_and_delete_closes_one(
    size: tuple[int, int],
) -> None:
    async with open_app(FleetServices(rack(3)), size) as opened:
        await typed(opened, "forwards")
        await opened_as(opened, "forwards")
        assert opened.has("No forward is open.")
        opened.fakes.fleet.forwards = lambda: (WEB, LOST)
        await opened.until(lambda: len(listed(opened)) == 2)
        assert listed(opened)[0].startswith("#1 ● 127.0.0.1:8080 kvm01 localhost:80 2 open 14 in all")
        if size[0] == 160:
            assert listed(opened)[0].endswith("12 bytes sent 5 bytes received")
            assert listed(opened)[1].endswith("3 in all 1 failed 0 bytes sent 0 bytes received the host␛[31m is away")
        assert opened.has("Forwards 2 · 2 connections")
        await opened.press("down", "delete")
        await opened.until(lambda: opened.fakes.passed("close-forward"))
        assert [each.arguments for each in opened.fakes.passed("close-forward")] == [{"number": 2}]


async def test_a_forward_is_opened_on_the_host_under_the_cursor_or_on_one_that_is_named() -> None:
    async with open_app(FleetServices(rack(3)), (120, 40)) as opened:
        await typed(opened, "forward 8080:localhost:80 ./near:/far")
        await typed(opened, "forward @kvm03 0:x:80")
        await opened.until(lambda: len(opened.fakes.passed("forward")) == 2)
        first, second = opened.fakes.passed("forward")
        assert (first.hosts, first.arguments) == (("kvm01",), {"specs": "8080:localhost:80 ./near:/far"})
        assert (second.hosts, second.arguments) == (("kvm03",), {"specs": "0:x:80"})
        await typed(opened, "forward 8080")
        await opened.until(lambda: opened.has("not a forward: '8080'"))
        await typed(opened, "forward @rack1 0:x:80")
        await opened.until(lambda: opened.has("forward is for one host at a time"))
        assert len(opened.fakes.passed("forward")) == 2


async def test_one_that_other_machines_can_come_to_is_opened_after_a_yes() -> None:
    async with open_app(FleetServices(rack(1)), (120, 40)) as opened:
        await typed(opened, "forward *:8080:x:80")
        await opened.until(lambda: opened.has("other machines can connect to 0.0.0.0:8080"))
        assert not opened.fakes.passed("forward")
        await opened.read()
        await opened.press("y")
        await opened.until(lambda: opened.fakes.passed("forward"))
