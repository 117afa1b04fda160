"""A remote command dies with its owner, whatever happens to the owner."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from atp_tui.drivers.ssh import guard
from atp_tui.drivers.ssh.guard import HOLD_BACK, KILL_AFTER
from atp_tui.drivers.ssh.link import SshLink
from atp_tui.model.errors import CallFailed, CallTimeout, ConnectionLost
from atp_tui.model.outcome import Command, ExitStatus

from ..daemons.keeper import descendants
from ..daemons.sshd import PrivateSshd
from .ssh_links import HANG, Sleeper, host_of, linked, open_link, run, until

pytestmark = pytest.mark.daemons

SCRIPT = Path(guard.__file__).with_name("guard.sh")

LINES: dict[str, tuple[Callable[[str], str], int, bytes]] = {
    "plain": (lambda sleep: sleep, 1, b""),
    "pipeline": (lambda sleep: f"{sleep} | cat", 1, b""),
    "background": (lambda sleep: f"{sleep} & {sleep}", 2, b""),
    "nested": (lambda sleep: f"sh -c 'sh -c \"{sleep} | {sleep}\"; true'; true", 2, b""),
    "stubborn": (lambda sleep: f"trap '' TERM; while :; do {sleep}; done", 1, b""),
    # what is started between a look at the session and the signal
    "stubborn-busy": (lambda sleep: f"trap '' TERM; while :; do {sleep} & sleep 0.002; done", 3, b""),
    # it dies of its closed output where that comes before its guard, and only the sleep would be left
    "broken-pipe": (lambda sleep: f"{sleep} & exec yes", 1, b""),
    # groups of their own, in the same session
    "timeout": (lambda sleep: f"timeout 3600 {sleep} | cat", 1, b""),
    "job-control": (lambda sleep: f"set -m; {sleep} & wait", 1, b""),
    "closed-output": (lambda sleep: f"exec >&- 2>&-; {sleep}", 1, b""),
    "stdin": (lambda sleep: sleep, 1, b"unread"),
    "much-stdin": (lambda sleep: sleep, 1, b"unread" * 500_000),
}


def test_the_script_is_clean_for_each_posix_shell() -> None:
    shellcheck = Path(sys.executable).with_name("shellcheck")
    words = [str(shellcheck), "--shell=sh", "--norc", "--severity=style", str(SCRIPT)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=HANG)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("kind", LINES)
async def test_a_cancelled_command_leaves_no_process(sshd: PrivateSshd, kind: str) -> None:
    make, number, stdin = LINES[kind]
    sleeper = Sleeper()
    async with linked(sshd) as link:
        task = asyncio.create_task(run(link, make(sleeper.line), stdin))
        await sleeper.runs(number)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await (sleeper.is_forgotten() if kind in ("plain", "stubborn") else sleeper.is_gone())
        assert await run(link, "echo well") == (ExitStatus(0), b"well\n", b"")


async def test_a_stubborn_command_that_starts_itself_anew_all_the_time_is_ended(
    sshd: PrivateSshd, tmp_path: Path
) -> None:
    """None of its processes is there any more when the next one is looked for."""
    goes_on, sleeper = tmp_path / "goes-on", Sleeper()
    goes_on.touch()
    try:
        async with linked(sshd) as link:
            line = f"trap '' TERM; again() {{ [ -e {goes_on} ] && (again &); }}; again; {sleeper.line}"
            task = asyncio.create_task(run(link, line))
            await sleeper.runs()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await until(lambda: not any(sleeper.processes() for _ in range(50)), "it still starts itself")
    finally:
        goes_on.unlink()


async def _by_time_limit(link: SshLink, daemon: PrivateSshd) -> None:
    """The limit is in the call itself."""


async def _by_close(link: SshLink, daemon: PrivateSshd) -> None:
    await link.close()


async def _by_abort(link: SshLink, daemon: PrivateSshd) -> None:
    link.abort()


async def _by_loss(link: SshLink, daemon: PrivateSshd) -> None:
    daemon.kill()


@pytest.mark.parametrize("end", [_by_time_limit, _by_close, _by_abort, _by_loss])
async def test_however_it_ends_no_process_is_left(own_sshd: PrivateSshd, end: Callable[..., object]) -> None:
    sleeper = Sleeper()
    async with linked(own_sshd) as link:
        limit = 1.0 if end is _by_time_limit else HANG
        command = Command(f"{sleeper.line} | {sleeper.line} | cat")
        task = asyncio.create_task(link.run(command, lambda stream, data: None, limit))
        await sleeper.runs(2)
        await end(link, own_sshd)  # type: ignore[misc] # all four are coroutines
        with pytest.raises(CallTimeout if end is _by_time_limit else ConnectionLost):
            await task
        await sleeper.is_gone()


async def test_a_killed_program_leaves_no_process(sshd: PrivateSshd) -> None:
    sleeper = Sleeper()
    program = textwrap.dedent(
        f"""
        import asyncio
        from atp_tui.drivers.ssh.driver import SshDriver
        from atp_tui.model.host import HostInfo
        from atp_tui.model.outcome import Command
        from atp_tui.model.settings import SshSettings, TransportConfig
        from atp_tui.transport.driver import OpenRequest

        async def main():
            host = HostInfo("peer", "127.0.0.1", uri=None, ssh={sshd.ssh_settings()!r})
            link = await SshDriver().open(OpenRequest(host, TransportConfig(), print))
            await link.run(Command("{sleeper.line} | cat"), print, None)

        asyncio.run(main())
        """
    )
    # policies are not in the settings here, so their repr is valid Python
    client = await asyncio.create_subprocess_exec(sys.executable, "-c", program)
    try:
        await sleeper.runs()
    finally:
        client.kill()
        await client.wait()
    await sleeper.is_gone()


async def test_fifty_cancels_use_no_session_up(sshd: PrivateSshd) -> None:
    sleeper = Sleeper()
    async with linked(sshd) as link:
        for attempt in range(50):
            task = asyncio.create_task(run(link, sleeper.line))
            # from the moment before the channel is asked for to the moment when the command runs
            for _ in range(attempt % 10):
                await asyncio.sleep(0.001)
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await sleeper.is_gone()
        done = await asyncio.gather(*(run(link, "sleep 0.2; echo well") for _ in range(10)))
        assert done == [(ExitStatus(0), b"well\n", b"")] * 10


async def test_cancels_while_the_peer_is_silent_come_back_without_it(own_sshd: PrivateSshd) -> None:
    sleeper = Sleeper()
    async with linked(own_sshd) as link:
        running = asyncio.create_task(run(link, sleeper.line))
        await sleeper.runs()
        own_sshd.stop()
        opening = [asyncio.create_task(run(link, sleeper.line)) for _ in range(9)]
        await asyncio.sleep(0.1)
        async with asyncio.timeout(HANG):
            for task in (running, *opening):
                task.cancel()
            ends = await asyncio.gather(running, *opening, return_exceptions=True)
        assert [type(end) for end in ends] == [asyncio.CancelledError] * 10
        own_sshd.cont()
        await sleeper.is_gone()
        done = await asyncio.gather(*(run(link, "sleep 0.2; echo well") for _ in range(10)))
        assert done == [(ExitStatus(0), b"well\n", b"")] * 10


async def test_a_lost_connection_is_what_a_command_reports(own_sshd: PrivateSshd) -> None:
    sleeper = Sleeper()
    lost: list[Exception] = []
    link = await open_link(host_of(own_sshd), lost=lost)  # type: ignore[arg-type] # a list of errors all the same
    task = asyncio.create_task(run(link, f"echo some; {sleeper.line}"))
    await sleeper.runs()
    own_sshd.kill()
    with pytest.raises(ConnectionLost) as caught:
        await task
    assert caught.value.host == "peer"
    await sleeper.is_gone()
    assert len(lost) == 1


async def test_nothing_is_left_of_a_command_that_is_lost_as_it_starts_but_an_earlier_one_s_daemon(
    own_sshd: PrivateSshd,
) -> None:
    daemon, attempts = Sleeper(), 15
    try:
        for attempt in range(attempts):  # from before the command is asked for to when the guard knows it
            sleeper = Sleeper()
            link = await open_link(host_of(own_sshd))
            await run(link, f"setsid {daemon.line} <&- >&- 2>&- &")
            await daemon.runs(attempt + 1)
            await asyncio.sleep(0.02)  # the kernel tells the age of a process in hundredths of a second
            await run(link, "true")
            task = asyncio.create_task(run(link, sleeper.line))
            for _ in range(2 * attempt):
                await asyncio.sleep(0)
            link.abort()
            with suppress(ConnectionLost, CallFailed):
                await task
            await asyncio.sleep(0.1)  # what starts late has started by then
            await sleeper.is_gone()
        assert len(daemon.sleeping()) == attempts
    finally:
        daemon.kill()


async def test_a_daemon_that_left_its_session_lives_on(sshd: PrivateSshd) -> None:
    daemon, sleeper = Sleeper(), Sleeper()
    try:
        async with linked(sshd) as link:
            task = asyncio.create_task(run(link, f"setsid {daemon.line} & {sleeper.line}"))
            await daemon.runs()
            await sleeper.runs()
            task.cancel()
            await sleeper.is_gone()
            await run(link, "true")
        await sleeper.is_forgotten()
        await asyncio.sleep(KILL_AFTER + 0.5)
        assert daemon.sleeping()
    finally:
        daemon.kill()


async def test_a_command_that_is_cut_short_takes_no_other_one_along(sshd: PrivateSshd) -> None:
    sleepers = [Sleeper() for _ in range(6)]
    async with linked(sshd) as link:
        tasks = [asyncio.create_task(run(link, f"{sleeper.line} | cat")) for sleeper in sleepers]
        for sleeper in sleepers:
            await sleeper.runs()
        for cut in (3, 0, 5):
            tasks[cut].cancel()
            await sleepers[cut].is_gone()
        assert [len(sleeper.sleeping()) for sleeper in sleepers] == [0, 1, 1, 0, 1, 0]
    for sleeper in sleepers:
        await sleeper.is_gone()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_guard_that_somebody_killed_is_started_anew_and_knows_what_runs(sshd: PrivateSshd) -> None:
    old, new = Sleeper(), Sleeper()
    async with linked(sshd) as link:
        task = asyncio.create_task(run(link, old.line))
        await old.runs()
        await run(link, "true")  # it waits for the guard's answer on the command before: which process that is
        await _kill_guards(sshd, link, old.sleeping()[0])
        later = asyncio.create_task(run(link, new.line))
        await new.runs()
        assert old.sleeping()
    for sleeper in (old, new):
        await sleeper.is_gone()
    for lost in (task, later):
        with pytest.raises(ConnectionLost):
            await lost


async def test_a_guard_that_comes_too_late_ends_nothing(sshd: PrivateSshd, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was given up, and reads its script from a standard input that has ended since."""
    sleeper = Sleeper()
    async with linked(sshd) as link:
        task = asyncio.create_task(run(link, sleeper.line))
        await sleeper.runs()
        await _kill_guards(sshd, link, sleeper.sleeping()[0])
        monkeypatch.setattr(guard, "LINE", b"echo atp; sleep 1; sh")
        monkeypatch.setattr(guard, "START_LIMIT", 0.5)
        assert (await run(link, "echo well"))[1] == b"well\n"
        await asyncio.sleep(1 + KILL_AFTER / 2)  # TERM comes at once
        assert sleeper.sleeping()
        sleeper.kill()
        assert (await task)[0] == ExitStatus(None, "KILL")


async def _kill_guards(sshd: PrivateSshd, link: SshLink, leader: int) -> None:
    for child in descendants(sshd.pid):
        if child != leader and _name(child) == "sh":  # those of other tests' links have nothing to guard
            os.kill(child, signal.SIGKILL)
    assert isinstance(link, SshLink)
    await until(lambda: not link._guard.stands, "the guard is still there")


@pytest.mark.parametrize("to", ["", " >&2"], ids=["stdout", "stderr"])
async def test_a_lost_connection_leaves_nothing_of_a_command_that_writes(own_sshd: PrivateSshd, to: str) -> None:
    # the command dies of its closed output, with the guard held up until then: its job must go all the same
    sleeper = Sleeper()
    async with linked(own_sshd) as link:
        line = f"{sleeper.line} & while echo tick{to}; do :; done"
        task = asyncio.create_task(link.run(Command(line), lambda stream, data: None, None))
        await sleeper.runs()
        await until(lambda: known(link), "the guard does not know the command")
        shell = os.getpgid(sleeper.sleeping()[0])
        guards = [pid for pid in descendants(own_sshd.pid) if _name(pid) == "sh"]
        for guard in guards:
            os.kill(guard, signal.SIGSTOP)
        own_sshd.kill()
        with pytest.raises(ConnectionLost):
            await task
        await until(lambda: not Path(f"/proc/{shell}").exists(), "the command did not die of its closed output")
        assert sleeper.sleeping()
        for guard in guards:
            os.kill(guard, signal.SIGCONT)
        await sleeper.is_gone()


async def test_a_command_that_its_guard_never_saw_leaves_no_job_and_takes_no_earlier_one_along(
    own_sshd: PrivateSshd, tmp_path: Path
) -> None:
    """A busy host: the command has begun, written and died of its closed output before the guard looked at anything."""
    earlier, sleeper = Sleeper(), Sleeper()
    # a job of a command that has ended, and makes processes afterwards, one of them with a session of its own
    go = tmp_path / "go"
    job = f"exec <&- >&- 2>&-; until [ -e {go} ]; do sleep 0.05; done; {earlier.line} & setsid {earlier.line} & wait"
    try:
        async with linked(own_sshd) as link:
            assert await run(link, f"({job}) & echo on") == (ExitStatus(0), b"on\n", b"")
            await asyncio.sleep(0.02)  # the kernel tells the age of a process in hundredths of a second
            await run(link, "true")
            go.touch()
            await earlier.runs(2)
            await answered(link)
            guards = [pid for pid in descendants(own_sshd.pid) if _name(pid) == "sh"]
            for guard in guards:
                os.kill(guard, signal.SIGSTOP)
            task = asyncio.create_task(run(link, f"{sleeper.line} & while echo tick; do :; done"))
            await sleeper.runs()
            shell = os.getpgid(sleeper.sleeping()[0])
            own_sshd.kill()
            with pytest.raises(ConnectionLost):
                await task
            await until(lambda: not Path(f"/proc/{shell}").exists(), "the command did not die of its closed output")
            for guard in guards:
                os.kill(guard, signal.SIGCONT)
            await sleeper.is_gone()
            await asyncio.sleep(1 + KILL_AFTER + 0.5)
            assert len(earlier.sleeping()) == 2
    finally:
        earlier.kill()


async def lost_before_its_guard_looks(sshd: PrivateSshd, link: SshLink) -> None:
    """A command begins, and its connection is lost, while the guard has no turn. It is ended all the same."""
    sleeper = Sleeper()
    shells = [pid for pid in descendants(sshd.pid) if _name(pid) == "sh"]
    for shell in shells:
        os.kill(shell, signal.SIGSTOP)
    task = asyncio.create_task(run(link, f"{sleeper.line} >/dev/null 2>&1"))
    await sleeper.runs()
    sshd.kill()
    with pytest.raises(ConnectionLost):
        await task
    for shell in shells:
        with suppress(ProcessLookupError):  # what has just ended another command
            os.kill(shell, signal.SIGCONT)
    await sleeper.is_gone()
    await asyncio.sleep(1 + KILL_AFTER + 0.5)


async def test_a_daemon_of_an_earlier_command_lives_on_where_its_guard_is_too_late_to_see_the_next_one(
    own_sshd: PrivateSshd,
) -> None:
    """A busy host: both have lost their parent when the guard looks, and are younger than its last answer."""
    daemon = Sleeper()
    try:
        async with linked(own_sshd) as link:
            line = f"sleep 0.1; setsid {daemon.line} </dev/null >/dev/null 2>&1 &"
            assert (await run(link, line))[0] == ExitStatus(0)
            await daemon.runs()
            await answered(link)
            await lost_before_its_guard_looks(own_sshd, link)
            assert daemon.sleeping()
    finally:
        daemon.kill()


async def test_so_does_a_daemon_of_a_command_that_was_ended_though_it_holds_a_pipe(own_sshd: PrivateSshd) -> None:
    daemon, cut = Sleeper(), Sleeper()
    try:
        async with linked(own_sshd) as link:
            await run(link, "true")
            task = asyncio.create_task(run(link, f"setsid {daemon.line} & {cut.line}"))
            await daemon.runs()
            await cut.runs()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await lost_before_its_guard_looks(own_sshd, link)
            assert daemon.sleeping()
    finally:
        daemon.kill()


@pytest.mark.parametrize("end", [_by_close, _by_abort, _by_loss])
async def test_a_job_left_in_the_background_goes_on_as_with_ssh(
    own_sshd: PrivateSshd, end: Callable[..., object]
) -> None:
    job, cut = Sleeper(), Sleeper()
    try:
        async with linked(own_sshd) as link:
            assert await run(link, f"{job.line} >&- 2>&- & echo on") == (ExitStatus(0), b"on\n", b"")
            if end is _by_close:  # it tells the guard at once
                await link.close()
            else:
                await asyncio.sleep(HOLD_BACK)
                await link.ping(HANG)
                task = asyncio.create_task(run(link, cut.line))
                await cut.runs()
                await end(link, own_sshd)  # type: ignore[misc] # both are coroutines
                await asyncio.gather(task, return_exceptions=True)
                await cut.is_gone()
        await asyncio.sleep(KILL_AFTER + 0.5)
        assert job.sleeping()
    finally:
        job.kill()


async def test_a_job_left_in_the_background_dies_of_what_it_writes_as_with_ssh(
    sshd: PrivateSshd, tmp_path: Path
) -> None:
    go, told = tmp_path / "go", tmp_path / "told"
    job = f"(until [ -e {go} ]; do sleep 0.05; done; yes; echo $? >{told}) & echo started"
    async with linked(sshd) as link:
        assert await run(link, job) == (ExitStatus(0), b"started\n", b"")
        go.touch()
        await until(lambda: told.exists() and told.read_text() != "", "it went on writing to nobody")
    assert int(told.read_text()) == 128 + signal.SIGPIPE


async def answered(link: SshLink) -> None:
    """Wait until the guard has said which process the last command is. Before that no other one is started."""
    await until(lambda: not link._guard._starting.locked(), "the guard does not answer")


def known(link: SshLink) -> bool:
    """Whether the guard knows the process of each command."""
    assert isinstance(link, SshLink)
    wards = link._guard._wards
    return bool(wards) and all(ward.leaders.done() for ward in wards)


def _name(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text().strip()
    return ""
