"""Figures of a host and commands on it, where the server allows few sessions or runs a command of its own in each."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from atp_tui.drivers.ssh.link import SshLink
from atp_tui.model.errors import CallFailed
from atp_tui.model.settings import CommandGuard
from atp_tui.monitor.system_reader import LONGEST_PAUSE, SystemReader

from ..daemons.sshd import running_sshd
from .ssh_links import HANG, Sleeper, host_of, linked, run, until
from .test_system_figures import answering

pytestmark = pytest.mark.daemons

FORCED = 'echo run >>"{log}"; exec {what}'


async def figures_come(reader: SystemReader) -> None:
    """Ask as often as a reader pauses at most."""
    for _ in range(LONGEST_PAUSE + 1):
        if await reader.read(HANG) is not None:
            return
        await asyncio.sleep(0.02)  # sshd counts a session until its command has died
    pytest.fail("the figures never came back")


async def status(link: SshLink, line: str) -> int | None:
    return (await run(link, line))[0].status


@pytest.mark.parametrize("places", [1, 2, 3])
async def test_a_command_has_the_place_of_the_figures(tmp_path: Path, places: int) -> None:
    with running_sshd(tmp_path, options=[f"MaxSessions {places}"]) as daemon:
        async with linked(daemon) as link:
            reader = SystemReader(link)
            for number in (3, 4, 5):
                await figures_come(reader)
                assert await status(link, f"exit {number}") == number
            assert not reader.gave_up
            reader.close()


async def test_figures_never_take_the_place_of_the_guard(tmp_path: Path) -> None:
    sleeper = Sleeper()
    with running_sshd(tmp_path, options=["MaxSessions 2"]) as daemon:
        async with linked(daemon) as link:
            reader = SystemReader(link)
            await figures_come(reader)
            running = asyncio.create_task(run(link, f"{sleeper.line} & wait"))
            await sleeper.runs()
            assert [await reader.read(HANG) for _ in range(3)] == [None] * 3  # no place, and none is made
            assert not reader.gave_up
            running.cancel()
            await sleeper.is_gone()  # the guard has ended it
            await figures_come(reader)


async def test_eight_commands_at_once_beside_figures(tmp_path: Path) -> None:
    with running_sshd(tmp_path, options=["MaxSessions 9"]) as daemon:  # as many as commands and a guard have
        async with linked(daemon) as link:
            reader = SystemReader(link)
            for _ in range(3):
                await figures_come(reader)
                found = await asyncio.gather(*(status(link, f"sleep 0.3; exit {number}") for number in range(8)))
                assert found == list(range(8))


async def test_commands_at_once_on_a_server_of_one_session(tmp_path: Path) -> None:
    sleeper = Sleeper()
    with running_sshd(tmp_path, options=["MaxSessions 1"]) as daemon:
        async with linked(daemon) as link:
            reader = SystemReader(link)
            await figures_come(reader)
            first = asyncio.create_task(run(link, sleeper.line))
            await sleeper.runs()
            with pytest.raises(CallFailed, match="MaxSessions"):  # a command does not give way
                await run(link, "true")
            sleeper.kill()
            assert (await first)[0].signal or (await first)[0].status


@pytest.mark.parametrize("what", ["cat >/dev/null", "sleep 60", "false", "cat", "yes"])
async def test_a_forced_command_is_started_once_for_figures(tmp_path: Path, what: str) -> None:
    log = tmp_path / "started"
    with running_sshd(tmp_path / "sshd", options=["ForceCommand " + FORCED.format(log=log, what=what)]) as daemon:
        async with linked(daemon) as link:
            reader = SystemReader(link)
            for _ in range(8):
                assert await reader.read(0.5) is None
            assert reader.gave_up
            await link.ping(HANG)
            await until(log.exists, "the forced command never ran")
            assert log.read_text() == "run\n"


@pytest.mark.parametrize("how", ["key", "setting"])
async def test_no_figures_where_nothing_but_commands_is_to_be_run(tmp_path: Path, how: str) -> None:
    with running_sshd(tmp_path / "sshd") as daemon:
        settings = daemon.ssh_settings()
        if how == "key":
            authorized = daemon.directory / "authorized_keys"
            authorized.write_text(f'command="sh -c \\"$SSH_ORIGINAL_COMMAND\\"" {authorized.read_text()}')
        else:
            settings = replace(settings, command_guard=CommandGuard.NONE)
        before = set(answering())
        async with linked(host_of(daemon, settings)) as link:
            reader = SystemReader(link)
            assert await reader.read(HANG) is None
            assert reader.gave_up
            assert not set(answering()) - before
            assert await status(link, "exit 7") == 7


async def test_a_slow_login_shell_is_waited_for(tmp_path: Path) -> None:
    log = tmp_path / "started"
    forced = f'echo run >>"{log}"; sleep 1.2; exec sh -c "$SSH_ORIGINAL_COMMAND"'
    with running_sshd(tmp_path / "slow", options=["ForceCommand " + forced]) as daemon:
        async with linked(daemon) as link:
            reader = SystemReader(link)
            readings = [await reader.read(0.8) for _ in range(3)]
            assert readings[0] is None
            assert readings[-1] is not None
            assert log.read_text() == "run\n"
            reader.close()
