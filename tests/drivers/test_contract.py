"""What transport.driver promises, held against every driver. Time limits here are for hangs alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from atp_tui.model.ending import end_is_confirmed
from atp_tui.model.errors import CallTimeout, ConnectFailed, ConnectionLost
from atp_tui.model.outcome import Command
from atp_tui.transport.driver import (
    CallsLibvirt,
    Link,
    MovesFiles,
    OpensShell,
    OpensStreams,
    ReachesTargets,
    RunsCommands,
)

from ..daemons.libvirtd import PrivateLibvirtd
from .leftovers import nothing_left_since, settled
from .rigs import RIGS, Ability, Rig, rigs_that, version_of

HANG = 20.0
"""Seconds after which something hangs."""
NEVER = 60.0
"""A time limit of a call that must end for another reason."""

pytestmark = [pytest.mark.daemons, pytest.mark.timeout(60)]


def each_rig(*needed: Ability) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("name", rigs_that(*needed))


@asynccontextmanager
async def opened(rig: Rig) -> AsyncIterator[Link]:
    async with asyncio.timeout(HANG):
        link = await rig.driver.open(rig.request())
    try:
        yield link
    finally:
        link.abort()


def calling(link: Link) -> CallsLibvirt:
    assert isinstance(link, CallsLibvirt)
    return link


# -- a peer that is well -----------------------------------------------------------------------------------------------


@each_rig()
async def test_an_open_link_is_alive_and_answers(name: str, libvirtd: PrivateLibvirtd) -> None:
    async with RIGS[name].make(libvirtd) as rig, opened(rig) as link:
        assert link.is_alive()
        await link.ping(HANG)
        assert rig.lost == []


@each_rig("calls")
async def test_a_call_returns_plain_data(name: str, libvirtd: PrivateLibvirtd) -> None:
    async with RIGS[name].make(libvirtd) as rig, opened(rig) as link:
        assert await calling(link).call(version_of, HANG) > 0


@each_rig("calls")
async def test_what_the_function_raises_reaches_the_caller(name: str, libvirtd: PrivateLibvirtd) -> None:
    def fail(_virt: object) -> None:
        raise LookupError("mine")

    async with RIGS[name].make(libvirtd) as rig, opened(rig) as link:
        with pytest.raises(LookupError, match="mine"):
            await calling(link).call(fail, HANG)
        assert link.is_alive()


@each_rig("calls")
async def test_two_hundred_calls_at_once_get_each_its_own_answer(name: str, libvirtd: PrivateLibvirtd) -> None:
    async with RIGS[name].make(libvirtd) as rig, opened(rig) as link:
        call = calling(link).call
        calls = (call(lambda virt, n=n: (n, version_of(virt)), HANG) for n in range(200))  # type: ignore[misc]
        answers = await asyncio.gather(*calls)
    assert [number for number, _ in answers] == list(range(200))
    assert len({version for _, version in answers}) == 1


@each_rig()
async def test_a_link_has_the_capabilities_of_its_kind_and_no_other(name: str, libvirtd: PrivateLibvirtd) -> None:
    over_ssh = "runs" in RIGS[name].abilities
    async with RIGS[name].make(libvirtd) as rig, opened(rig) as link:
        all_kinds = (CallsLibvirt, RunsCommands, MovesFiles, OpensShell, OpensStreams, ReachesTargets)
        kinds = {kind for kind in all_kinds if isinstance(link, kind)}
    assert kinds == ({*all_kinds} - {CallsLibvirt} if over_ssh else {CallsLibvirt})


@each_rig("runs")
async def test_a_command_runs(name: str, libvirtd: PrivateLibvirtd) -> None:
    output: list[tuple[str, bytes]] = []
    async with RIGS[name].make(libvirtd) as rig, opened(rig) as link:
        assert isinstance(link, RunsCommands)
        status = await link.run(Command("echo out; echo err >&2; exit 3"), lambda *piece: output.append(piece), HANG)
    assert status.status == 3
    assert sorted(output) == [("stderr", b"err\n"), ("stdout", b"out\n")]


@each_rig("runs")
async def test_an_end_is_confirmed_by_a_peer_that_answers_alone(name: str, libvirtd: PrivateLibvirtd) -> None:
    async with RIGS[name].make(libvirtd) as rig, opened(rig) as link:
        assert isinstance(link, RunsCommands)
        for silent in (False, True):
            begun = asyncio.Event()
            line = Command("echo begun; exec sleep 3600")
            task = asyncio.create_task(link.run(line, lambda *_, begun=begun: begun.set(), None))
            async with asyncio.timeout(HANG):
                await begun.wait()
                if silent:
                    rig.peer_of().silence()
                task.cancel()
                await asyncio.wait([task], timeout=0.2 if silent else None)
                assert task.done() is not silent, "it waits for the peer's word"
                task.cancel()
            await asyncio.wait([task], timeout=HANG)
            assert task.done(), "a second cancel ends the wait"
            with pytest.raises(asyncio.CancelledError) as caught:
                await task
            assert end_is_confirmed(caught.value) is not silent
        rig.peer_of().speak()


# -- ends --------------------------------------------------------------------------------------------------------------


@each_rig()
@pytest.mark.parametrize("end", ["close", "abort"])
async def test_a_link_that_was_ended_is_over_and_leaves_nothing(name: str, end: str, libvirtd: PrivateLibvirtd) -> None:
    async with RIGS[name].make(libvirtd) as rig:
        async with opened(rig):  # what a first link loads once for all stays
            pass
        before = await settled()
        async with asyncio.timeout(HANG):
            link = await rig.driver.open(rig.request())
            if end == "close":
                await link.close()
            else:
                link.abort()
        assert not link.is_alive()
        with pytest.raises(ConnectionLost):
            await link.ping(HANG)
        link.abort()
        async with asyncio.timeout(HANG):
            await link.close()
        await nothing_left_since(before)
        assert rig.lost == []


@each_rig("refuse")
async def test_a_peer_that_refuses(name: str, libvirtd: PrivateLibvirtd) -> None:
    async with RIGS[name].make(libvirtd) as rig:
        async with opened(rig):
            pass
        before = await settled()
        with pytest.raises(ConnectFailed) as caught:
            await rig.driver.open(rig.refused())
        assert not caught.value.permanent
        assert caught.value.message
        assert "\n" not in caught.value.message
        await nothing_left_since(before)


# -- a peer that says nothing ------------------------------------------------------------------------------------------


@each_rig("silence")
async def test_a_cancelled_attempt_on_a_silent_peer_leaves_nothing(name: str, own_libvirtd: PrivateLibvirtd) -> None:
    async with RIGS[name].make(own_libvirtd) as rig:
        async with opened(rig):
            pass
        before = await settled()
        rig.peer_of().silence()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await rig.driver.open(rig.request())
        await nothing_left_since(before)
        rig.peer_of().speak()
        assert rig.lost == []


@each_rig("silence", "calls")
async def test_a_call_that_is_not_answered_times_out_and_the_link_lives(
    name: str, own_libvirtd: PrivateLibvirtd
) -> None:
    async with RIGS[name].make(own_libvirtd) as rig, opened(rig) as link:
        rig.peer_of().silence()
        async with asyncio.timeout(HANG):
            with pytest.raises(CallTimeout):
                await calling(link).call(version_of, 0.1)
            with pytest.raises(CallTimeout):
                await link.ping(0.1)
        assert link.is_alive()
        rig.peer_of().speak()
        assert await calling(link).call(version_of, HANG) > 0
        assert rig.lost == []


@each_rig("silence")
async def test_abort_ends_calls_in_flight(name: str, own_libvirtd: PrivateLibvirtd) -> None:
    async with RIGS[name].make(own_libvirtd) as rig, opened(rig) as link:
        rig.peer_of().silence()
        calls = [asyncio.create_task(link.ping(NEVER)) for _ in range(8)]
        await asyncio.sleep(0.05)
        link.abort()
        async with asyncio.timeout(HANG):
            ends = await asyncio.gather(*calls, return_exceptions=True)
        assert [type(end) for end in ends] == [ConnectionLost] * len(calls)
        rig.peer_of().speak()
        assert rig.lost == []


@each_rig("silence")
async def test_closing_a_link_to_a_silent_peer_ends(name: str, own_libvirtd: PrivateLibvirtd) -> None:
    async with RIGS[name].make(own_libvirtd) as rig:
        async with opened(rig):
            pass
        before = await settled()
        async with opened(rig) as link:
            rig.peer_of().silence()
            async with asyncio.timeout(HANG):
                await link.close()
            assert not link.is_alive()
            await nothing_left_since(before)
        rig.peer_of().speak()
        assert rig.lost == []


@each_rig("silence")
async def test_a_cancelled_call_lets_the_next_one_through(name: str, own_libvirtd: PrivateLibvirtd) -> None:
    async with RIGS[name].make(own_libvirtd) as rig, opened(rig) as link:
        rig.peer_of().silence()
        calls = [asyncio.create_task(link.ping(NEVER)) for _ in range(8)]
        await asyncio.sleep(0.05)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        rig.peer_of().speak()
        await link.ping(HANG)
        assert link.is_alive()


# -- a peer that is gone -----------------------------------------------------------------------------------------------


@each_rig("kill")
async def test_a_killed_peer_is_told_once_and_ends_the_calls(name: str, own_libvirtd: PrivateLibvirtd) -> None:
    async with RIGS[name].make(own_libvirtd) as rig:
        async with opened(rig):
            pass
        before = await settled()
        async with opened(rig) as link:
            rig.peer_of().silence()
            calls = [asyncio.create_task(link.ping(NEVER)) for _ in range(3)]
            await asyncio.sleep(0.05)
            rig.peer_of().kill()
            async with asyncio.timeout(HANG):
                ends = await asyncio.gather(*calls, return_exceptions=True)
                await rig.told.wait()
            assert [type(end) for end in ends] == [ConnectionLost] * len(calls)
            assert not link.is_alive()
            with pytest.raises(ConnectionLost):
                await link.ping(HANG)
            await link.close()
            await nothing_left_since(before)
        assert [type(error) for error in rig.lost] == [ConnectionLost]
