"""An end that was asked for is told as one that has happened only where the far side has said so."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from atp_tui.api import TransportConfig, TransportManager
from atp_tui.drivers.ssh import cutting, guard
from atp_tui.drivers.ssh.guard import Ward
from atp_tui.drivers.ssh.link import SshLink
from atp_tui.drivers.ssh.sessions import CommandSession
from atp_tui.drivers.ssh.starts import Channel
from atp_tui.executor.outcome import MAY_STILL_RUN, exit_status_of
from atp_tui.executor.runner import JobRunner
from atp_tui.model.ending import end_is_confirmed
from atp_tui.model.errors import CallFailed, CallTimeout
from atp_tui.model.host import HostInfo
from atp_tui.model.outcome import Command, CommandResult, ExitStatus, Outcome
from atp_tui.model.say import Say
from atp_tui.model.settings import CommandGuard

from ..daemons.sshd import PrivateSshd, running_sshd
from ..fakes.jobs import command_job
from ..fakes.said import said
from .far_sides import as_nobody, becoming_root, dropbear, sshd_for_nobody
from .ssh_links import HANG, Output, Sleeper, host_of, linked, run, until

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


FORKS = """
import os, sys
while os.path.exists(sys.argv[1]):
    os.setpgid(0, 0)
    if os.fork():
        os._exit(0)
    os.write(2, b".")
"""
"""Each process of it is in a group of its own, and is gone as soon as it has made the next one."""


async def test_a_loop_of_forks_that_leave_their_group_is_told_as_it_is(
    host: HostInfo, patience: Patience, tmp_path: Path
) -> None:
    """No signal meets all of a session at once: whether it is ended is luck, and what is told of it is not."""
    goes_on, told, sleeper = tmp_path / "goes-on", tmp_path / "told", Sleeper()
    forks = f"{sys.executable} -c {shlex.quote(FORKS)} {goes_on}"
    patience(6.0)
    async with linked(host) as link:
        for _ in range(3):
            goes_on.touch()
            told.unlink(missing_ok=True)
            task = asyncio.create_task(run(link, f"{forks} <&- >&- 2>{told} & {sleeper.line}"))
            await sleeper.runs()
            await until(lambda: size(told) > 9, "it does not fork")
            confirmed = await end_of(task)
            runs = await grows(told)
            goes_on.unlink()
            await asyncio.sleep(0.1)
            assert not await grows(told)
            assert confirmed is not runs
            assert not sleeper.sleeping()


async def grows(file: Path) -> bool:
    """Whether a file grows within two seconds."""
    before = size(file)
    for _ in range(100):
        await asyncio.sleep(0.02)
        if size(file) > before:
            return True
    return False


def size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


async def test_a_command_has_its_time_to_end_by_itself(host: HostInfo, tmp_path: Path) -> None:
    sleeper, tidied = Sleeper(), tmp_path / "tidied"
    async with linked(host) as link:
        line = f"trap 'sleep 0.2; touch {tidied}; exit' TERM; {sleeper.line} & wait"
        assert await cancelled(link, line, sleeper)
        assert tidied.exists()


@pytest.mark.parametrize(
    "line",
    [
        "setsid {daemon} & {sleep}",  # it holds the channel
        "setsid {daemon} <&- >&- 2>&- & {sleep}",
        "{sleep} & setsid -w {daemon}",
        "{sleep} & setsid -w sh -c '{daemon}; true'; true",
    ],
)
@pytest.mark.usefixtures("patience")
async def test_what_has_left_the_session_goes_on_and_is_told(host: HostInfo, line: str) -> None:
    daemon, sleeper = Sleeper(), Sleeper()
    try:
        async with linked(host) as link:
            task = asyncio.create_task(run(link, line.format(daemon=daemon.line, sleep=sleeper.line)))
            await daemon.runs()
            await sleeper.runs()
            assert not await end_of(task)
            assert daemon.sleeping() and not sleeper.sleeping()
    finally:
        daemon.kill()


@pytest.mark.usefixtures("patience")
async def test_what_the_end_of_its_terminal_ends_has_ended(host: HostInfo) -> None:
    """script puts its command into a session of its own, as programs with a terminal do."""
    sleeper = Sleeper()
    async with linked(host) as link:
        confirmed = await cancelled(link, f"script -qec '{sleeper.line}; true' /dev/null; true", sleeper)
        left = sleeper.processes()
        assert (confirmed, left, link._guard.stands) == (True, [], True)


@pytest.mark.usefixtures("patience")
async def test_a_job_left_in_the_background_whose_output_is_read_may_still_run(host: HostInfo) -> None:
    """The command itself has ended, with status 0."""
    sleeper = Sleeper()
    try:
        async with linked(host) as link:
            output = Output()
            line = f"(while echo tick; do sleep 0.05; done) & {sleeper.line} & echo started"
            task = asyncio.create_task(link.run(Command(line), output, HANG))
            await sleeper.runs()
            # dropbear closes the channel
            await until(lambda: b"started" in output.stdout or task.done(), "it did not start")
            await asyncio.sleep(0.2)
            if not task.done():
                assert not await end_of(task)
            assert sleeper.sleeping()
    finally:
        sleeper.kill()


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


async def test_without_a_guard_the_exit_status_is_the_word(sshd: PrivateSshd, patience: Patience) -> None:
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


LEFT_BY_A_SIGNAL = {
    "another-user": "{sudo} {sleep} >/dev/null 2>&1; true",
    "stubborn": "(trap '' TERM; while :; do {sleep}; done) >/dev/null 2>&1; true",
    "a-group-of-its-own": "timeout 3600 {sleep} >/dev/null 2>&1; true",
}
"""What the process that sshd started leaves behind when SSH's TERM ends it, with nobody at its output."""


@pytest.fixture(scope="module")
def nobodys() -> Iterator[PrivateSshd]:
    with sshd_for_nobody() as sshd:
        yield sshd


@pytest.fixture(scope="module")
def sudo() -> Iterator[str]:
    with becoming_root() as words:
        yield words


@pytest.mark.parametrize("guarded", [True, False])
@pytest.mark.parametrize("kind", LEFT_BY_A_SIGNAL)
async def test_without_a_guard_the_death_of_the_shell_is_no_word(
    nobodys: PrivateSshd, sudo: str, kind: str, guarded: bool, patience: Patience
) -> None:
    if guarded and kind == "another-user":
        patience(SOON)  # the guard may not end it either
    sleeper = Sleeper()
    try:
        async with linked(as_nobody(nobodys, CommandGuard.AUTO if guarded else CommandGuard.NONE)) as link:
            line = LEFT_BY_A_SIGNAL[kind].format(sudo=sudo, sleep=sleeper.line)
            confirmed = await cancelled(link, line, sleeper)
            assert confirmed is (not sleeper.sleeping())
            assert confirmed is (guarded and kind != "another-user")
    finally:
        for pid in sleeper.processes():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@pytest.mark.usefixtures("patience")
async def test_without_a_guard_the_exit_status_is_the_word_of_an_ordinary_user_s_command(nobodys: PrivateSshd) -> None:
    sleeper = Sleeper()
    async with linked(as_nobody(nobodys, CommandGuard.NONE)) as link:
        assert await cancelled(link, f"trap 'sleep 0.1; exit 3' TERM; {sleeper.line}; true", sleeper)
        assert not sleeper.sleeping()


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


async def test_where_the_guard_is_killed_meanwhile_the_exit_status_is_the_word(sshd: PrivateSshd) -> None:
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


@pytest.mark.parametrize("fails", [False, True])
async def test_where_the_status_comes_before_the_start_is_known_nothing_is_left(
    sshd: PrivateSshd, monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    """And an error of that start, which comes after the cancel, is nobody's: asyncio must not print it."""
    async with linked(sshd) as link:
        assert await run(link, "true") == (ExitStatus(0), b"", b"")
        guard_of, ended, go_on = link._guard, asyncio.Event(), asyncio.Event()
        start = guard_of.start

        async def late(opening: Callable[..., Awaitable[Channel]]) -> tuple[Channel, Ward | None]:
            started = await start(opening)
            await go_on.wait()
            if fails:
                raise CallFailed("the start has failed")
            return started

        monkeypatch.setattr(guard_of, "start", late)
        told = CommandSession.exit_status_received

        def ends(session: CommandSession, status: int) -> None:
            told(session, status)
            ended.set()

        monkeypatch.setattr(CommandSession, "exit_status_received", ends)
        task = asyncio.create_task(run(link, "true"))
        async with asyncio.timeout(HANG):
            await ended.wait()
        await end_of(task)
        go_on.set()
        await until(lambda: all(task.done() for task in link._tasks), "the start has no end")
        await asyncio.sleep(0)
        assert fails or not guard_of._wards


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
