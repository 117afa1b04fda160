"""An end that was asked for is told as one that has happened only where the far side has said so."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from atp_tui.api import TransportConfig, TransportManager
from atp_tui.drivers.ssh import cutting, guard
from atp_tui.drivers.ssh.link import SshLink
from atp_tui.executor.outcome import MAY_STILL_RUN, exit_status_of
from atp_tui.executor.runner import JobRunner
from atp_tui.model.ending import end_is_confirmed
from atp_tui.model.errors import CallTimeout
from atp_tui.model.host import HostInfo
from atp_tui.model.outcome import Command, CommandResult, Outcome
from atp_tui.model.say import Say
from atp_tui.model.settings import CommandGuard

from ..daemons.sshd import PrivateSshd, running_sshd
from ..fakes.jobs import command_job
from ..fakes.said import said
from .far_sides import dropbear
from .ssh_links import HANG, Sleeper, host_of, linked, run, until

pytestmark = pytest.mark.daemons

SOON = 0.3


@pytest.fixture(params=["OpenSSH", "dropbear"])
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[HostInfo]:
    if request.param == "OpenSSH":
        with running_sshd(tmp_path) as sshd:
            yield host_of(sshd)
    else:
        with dropbear(tmp_path) as settings:
            yield HostInfo("peer", "127.0.0.1", uri=None, ssh=settings)


Patience = Callable[[float], None]


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> Patience:
    """Sets how many seconds an end is waited for. Until then as long as it takes. What ignores TERM is killed soon."""
    monkeypatch.setattr(guard, "_LOOKS", (0.05,) * 6)

    def wait(seconds: float) -> None:
        monkeypatch.setattr(cutting, "END_LIMIT", seconds)

    wait(2 * HANG)
    return wait


async def cancelled(link: SshLink, line: str, sleeper: Sleeper) -> bool:
    """Start a command, cancel it while it runs, and give whether its end was confirmed."""
    task = asyncio.create_task(run(link, line))
    await sleeper.runs()
    return await end_of(task)


async def end_of(task: asyncio.Task[object]) -> bool:
    task.cancel()
    return await end_of_cancelled(task)


async def end_of_cancelled(task: asyncio.Task[object]) -> bool:
    await asyncio.wait([task], timeout=HANG)
    assert task.done(), "it still waits"
    with pytest.raises(asyncio.CancelledError) as caught:
        await task
    return end_is_confirmed(caught.value)


@pytest.mark.parametrize(
    "line",
    [
        "{sleep}",
        "{sleep} | cat",
        "trap '' TERM; while :; do {sleep}; done",
        # its channel closes at once
        "(trap '' TERM; while :; do {sleep}; done) <&- >&- 2>&- & exec sleep 3600",
    ],
)
@pytest.mark.usefixtures("patience")
async def test_a_command_that_is_told_to_have_ended_has_left_no_process(host: HostInfo, line: str) -> None:
    sleeper = Sleeper()
    async with linked(host) as link:
        assert await cancelled(link, line.format(sleep=sleeper.line), sleeper)
        assert not sleeper.sleeping()


async def test_a_command_has_its_time_to_end_by_itself(host: HostInfo, tmp_path: Path) -> None:
    sleeper, tidied = Sleeper(), tmp_path / "tidied"
    async with linked(host) as link:
        line = f"trap 'sleep 0.2; touch {tidied}; exit' TERM; {sleeper.line} & wait"
        assert await cancelled(link, line, sleeper)
        assert tidied.exists()


async def test_a_daemon_that_holds_the_channel_is_not_waited_for(host: HostInfo) -> None:
    daemon, sleeper = Sleeper(), Sleeper()
    try:
        async with linked(host) as link:
            line = f"setsid {daemon.line} & {sleeper.line}"
            assert await cancelled(link, line, sleeper)
            assert daemon.sleeping() and not sleeper.sleeping()
    finally:
        daemon.kill()


async def test_what_a_stopped_sshd_runs_is_not_told_to_have_ended(own_sshd: PrivateSshd, patience: Patience) -> None:
    patience(SOON)
    sleeper = Sleeper()
    async with linked(own_sshd) as link:
        running = asyncio.create_task(run(link, sleeper.line))
        await sleeper.runs()
        own_sshd.stop()
        starting = asyncio.create_task(run(link, sleeper.line))
        waiting = asyncio.create_task(run(link, sleeper.line))
        await asyncio.sleep(0)
        assert not any(await asyncio.gather(end_of(running), end_of(starting)))
        assert await end_of(waiting), "it was not asked for before the other one had been started"
        assert len(sleeper.sleeping()) == 1
        own_sshd.cont()
        await sleeper.is_gone()
        done = await asyncio.gather(*(run(link, "echo well") for _ in range(8)))
        assert {output for _, output, _ in done} == {b"well\n"}


@pytest.mark.usefixtures("patience")
async def test_nobody_waits_any_more_after_a_second_cancel(own_sshd: PrivateSshd) -> None:
    sleeper = Sleeper()
    async with linked(own_sshd) as link:
        task = asyncio.create_task(run(link, sleeper.line))
        await sleeper.runs()
        own_sshd.stop()
        task.cancel()
        await asyncio.sleep(0.05)
        assert not task.done()
        assert not await end_of(task)
        assert link.is_alive(), "no keepalive has ended the wait"
        own_sshd.cont()
        await sleeper.is_gone()


@pytest.mark.parametrize("end", ["abort", "close", "loss"])
@pytest.mark.usefixtures("patience")
async def test_a_connection_that_ends_meanwhile_ends_the_wait(own_sshd: PrivateSshd, end: str) -> None:
    sleeper = Sleeper()
    async with linked(own_sshd) as link:
        task = asyncio.create_task(run(link, f"trap '' TERM; while :; do {sleeper.line}; done"))
        await sleeper.runs()
        own_sshd.stop()
        task.cancel()
        await asyncio.sleep(0.05)
        if end == "abort":
            link.abort()
        elif end == "close":
            await link.close()
        else:
            own_sshd.kill()
        assert not await end_of_cancelled(task)
        if end != "loss":
            own_sshd.cont()
        await sleeper.is_gone()


async def test_a_time_limit_says_whether_the_command_has_ended(own_sshd: PrivateSshd, patience: Patience) -> None:
    sleeper = Sleeper()
    async with linked(own_sshd) as link:
        for stopped, told in ((False, Say.COMMAND_TOO_LATE), (True, Say.COMMAND_MAY_STILL_RUN)):
            task = asyncio.create_task(link.run(Command(sleeper.line), lambda stream, data: None, 0.5))
            await sleeper.runs()
            if stopped:
                patience(SOON)
                own_sshd.stop()
            with pytest.raises(CallTimeout) as caught:
                await task
            assert caught.value.reason.id is told
            assert end_is_confirmed(caught.value) is not stopped
            assert bool(sleeper.sleeping()) is stopped
        own_sshd.cont()
        await sleeper.is_gone()


async def test_without_a_guard_the_far_sides_close_is_the_word(sshd: PrivateSshd, patience: Patience) -> None:
    unguarded = replace(host_of(sshd), ssh=sshd.ssh_settings(command_guard=CommandGuard.NONE))
    stubborn, sleeper = Sleeper(), Sleeper()
    try:
        async with linked(unguarded) as link:
            assert await cancelled(link, f"{sleeper.line} & sleep 0.1; kill $!", sleeper)
            assert not sleeper.sleeping()
            patience(SOON)  # root's commands get no signal of SSH's, and others ignore this one
            assert not await cancelled(link, f"trap '' TERM; while :; do {stubborn.line}; done", stubborn)
            assert stubborn.sleeping()
    finally:
        for pid in stubborn.processes():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


async def test_a_dropbears_close_is_no_word(tmp_path: Path) -> None:
    """It ends the shell alone, and closes the channel whatever the shell has left."""
    with dropbear(tmp_path) as settings:
        unguarded = replace(settings, command_guard=CommandGuard.NONE)
        sleeper = Sleeper()
        try:
            async with linked(HostInfo("peer", "127.0.0.1", uri=None, ssh=unguarded)) as link:
                assert not await cancelled(link, f"{sleeper.line}; echo done", sleeper)
        finally:
            sleeper.kill()


@pytest.mark.skipif(os.geteuid() != 0, reason="su wants a password")
async def test_what_root_runs_as_another_user_ends_too(sshd: PrivateSshd) -> None:
    """su puts it into a session of its own, and ends only the shell that leads it."""
    sleeper = Sleeper()
    async with linked(sshd) as link:
        assert await cancelled(link, f"su nobody -s /bin/sh -c '{sleeper.line}; true'; true", sleeper)
        assert not sleeper.sleeping()


async def test_where_the_guard_is_killed_meanwhile_the_close_is_the_word(sshd: PrivateSshd) -> None:
    sleeper = Sleeper()
    async with linked(sshd) as link:
        task = asyncio.create_task(run(link, f"trap 'sleep 0.3; exit' TERM; while :; do {sleeper.line}; done"))
        await sleeper.runs()
        shell = link._guard._shell
        assert shell is not None
        task.cancel()
        await until(lambda: bool(shell.dying), "the guard was not asked")
        shell._give_up()  # as when its process ends
        assert await end_of_cancelled(task)
        await sleeper.is_gone()


async def test_a_job_on_a_stopped_sshd_is_cancelled_but_not_confirmed(
    own_sshd: PrivateSshd, patience: Patience
) -> None:
    """Attack A7: six hosts were told as cancelled, and their commands went on."""
    sleeper = Sleeper()
    async with TransportManager(TransportConfig()) as manager:
        await manager.add_host(host_of(own_sshd))
        runner = JobRunner(manager)

        async def result_of(line: str) -> CommandResult:
            job = runner.start(command_job(("peer",), Command(line), 0.0))
            await sleeper.runs()
            if "stopped" in line:
                patience(SOON)
                own_sshd.stop()
            job.cancel()
            (result,) = await job.wait()
            return result

        well = await result_of(sleeper.line)
        assert (well.outcome, well.may_still_run, sleeper.sleeping()) == (Outcome.CANCELLED, False, [])
        result = await result_of(f"{sleeper.line} # stopped")
        assert (result.outcome, result.may_still_run) == (Outcome.UNCONFIRMED, True)
        assert said(result.error) == "cancelled, not confirmed: may still run"
        assert exit_status_of([well, result]) == MAY_STILL_RUN
        assert sleeper.sleeping()
        own_sshd.cont()
        await sleeper.is_gone()
        await runner.close()
