"""The guard where it sees little: another user's host, a /proc that hides others or is none, a server for many."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from atp_tui.drivers.ssh import cutting, guard
from atp_tui.drivers.ssh.link import SshLink
from atp_tui.model.ending import end_is_confirmed
from atp_tui.model.host import HostInfo
from atp_tui.model.outcome import ExitStatus
from atp_tui.model.settings import CommandGuard, SshSettings

from ..daemons.keeper import Kept
from ..daemons.sshd import PrivateSshd
from . import server_for_all
from .far_sides import as_nobody, becoming_root, dropbear_of_nobody, prepared_sshd, sshd_for_nobody
from .ssh_links import HANG, Sleeper, host_of, linked, run, until
from .test_far_sides import is_guarded, timed_out
from .test_ssh_guard import known

pytestmark = pytest.mark.daemons

HIDDEN = {
    "seen": "true",
    "contents-hidden": "mount -t proc -o hidepid=1 proc /proc",
    "hidden": "mount -t proc -o hidepid=2 proc /proc",
}
WITHOUT_PGREP = "mount --bind /dev/null $(readlink -f $(command -v pgrep))"
"""pkill is a link to it."""
HIDDEN |= {f"{kind}-without-pgrep": f"{line} && {WITHOUT_PGREP}" for kind, line in HIDDEN.items()}


async def each_end_ends_its_own(host: HostInfo) -> None:
    """A time limit, a cancel and a lost connection, each beside a command that goes on."""
    cut, beside, lost, daemon = Sleeper(), Sleeper(), Sleeper(), Sleeper()
    try:
        async with linked(host) as link:
            assert (await run(link, "echo ok"))[:2] == (ExitStatus(0), b"ok\n")  # sshd complains of nobody's home
            assert is_guarded(link)
            going_on = asyncio.create_task(run(link, f"{beside.line} | cat"))
            await beside.runs()
            await timed_out(link, f"{cut.line} & {cut.line}; true", cut, 2)
            await cut.is_gone()
            task = asyncio.create_task(run(link, f"setsid {daemon.line} & timeout 3600 {lost.line} | cat"))
            await daemon.runs()
            await lost.runs()
            await until(lambda: known(link), "the guard does not know the commands")
            assert beside.sleeping()
            link.abort()
            await asyncio.gather(task, going_on, return_exceptions=True)
        for sleeper in (beside, lost):
            await sleeper.is_gone()
        assert daemon.sleeping()
    finally:
        daemon.kill()


@pytest.mark.parametrize("hidden", HIDDEN)
async def test_an_ordinary_user_of_a_host_that_may_hide_processes(hidden: str) -> None:
    with sshd_for_nobody(HIDDEN[hidden]) as daemon:
        await each_end_ends_its_own(as_nobody(daemon))


RUN_AS_ROOT = (
    "{sudo} {sleep}; true",
    "timeout 3600 {sudo} {sleep}; true",
    "{sudo} {sleep} >/dev/null 2>&1 & wait",
    # root's own process alone leads the group, or the session
    "{sudo} timeout 3600 {sleep} >/dev/null 2>&1 & wait",
    "{sudo} setsid {sleep} >/dev/null 2>&1 & wait",
)


@pytest.mark.parametrize("hidden", HIDDEN)
async def test_what_an_ordinary_user_s_command_runs_as_root_is_not_told_to_have_ended(
    hidden: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "_LOOKS", (0.05,) * 6)
    monkeypatch.setattr(cutting, "END_LIMIT", 4.0)
    with becoming_root() as sudo, sshd_for_nobody(HIDDEN[hidden]) as daemon:
        async with linked(as_nobody(daemon)) as link:
            await asyncio.gather(*(is_told_as_it_is(link, line.replace("{sudo}", sudo)) for line in RUN_AS_ROOT))


@pytest.mark.parametrize("hidden", ["seen", "hidden"])
async def test_nor_by_a_dropbear_of_that_user_s_own(hidden: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its commands lead no session, so that the kernel tells nothing of a group either."""
    monkeypatch.setattr(guard, "_LOOKS", (0.05,) * 6)
    with becoming_root() as sudo, dropbear_of_nobody(HIDDEN[hidden]) as settings:
        async with linked(HostInfo("peer", "127.0.0.1", uri=None, ssh=settings)) as link:
            await is_told_as_it_is(link, "{sleep}; true")
            assert is_guarded(link)
            monkeypatch.setattr(cutting, "END_LIMIT", 1.0)
            for line in ("{sudo} {sleep}; true", "{sudo} timeout 3600 {sleep} >/dev/null 2>&1 & wait"):
                await is_told_as_it_is(link, line.replace("{sudo}", sudo))


async def is_told_as_it_is(link: SshLink, line: str) -> None:
    """Cancel a command that sleeps, and compare what is told of its end with what is there."""
    sleeper = Sleeper()
    try:
        task = asyncio.create_task(run(link, line.format(sleep=sleeper.line)))
        await sleeper.runs()
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        # the kernel may end it, where its group is orphaned while what runs beside it is stopped
        assert end_is_confirmed(caught.value) is not bool(sleeper.sleeping()), line
    finally:
        sleeper.kill()


@pytest.mark.parametrize("hidden", HIDDEN)
async def test_nor_while_a_busy_server_has_not_heard_that_the_shell_above_it_is_dead(
    hidden: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The dead shell is still in the list of processes and in its group. What root runs there is in the group alone."""
    monkeypatch.setattr(guard, "_LOOKS", (0.05,) * 6)
    monkeypatch.setattr(cutting, "END_LIMIT", 2.5)
    sleeper, at_its_end = Sleeper(), Sleeper()
    with becoming_root() as sudo, sshd_for_nobody(HIDDEN[hidden]) as daemon:
        async with linked(as_nobody(daemon)) as link:
            try:
                line = f"trap '{at_its_end.line}; exit' TERM; {sudo} {sleeper.line} >/dev/null 2>&1 & wait"
                task = asyncio.create_task(run(link, line))
                await sleeper.runs()
                task.cancel()
                await at_its_end.runs()
                daemon.stop()
                await at_its_end.is_gone()
                await asyncio.sleep(1)  # the guard says meanwhile what it has to say
                daemon.cont()
                with pytest.raises(asyncio.CancelledError) as caught:
                    await task
                assert not end_is_confirmed(caught.value)
                assert sleeper.sleeping()
            finally:
                sleeper.kill()


async def test_ssh_s_own_signals_end_the_command_of_an_ordinary_user_where_there_is_no_guard() -> None:
    sleeper = Sleeper()
    with sshd_for_nobody() as daemon:
        async with linked(as_nobody(daemon, CommandGuard.NONE)) as link:
            await timed_out(link, f"trap '' TERM; {sleeper.line} | cat", sleeper)
            await sleeper.is_gone()


# -- a host without /proc, as FreeBSD ----------------------------------------------------------------------------------


@contextmanager
def sshd_without_proc(directory: Path) -> Iterator[PrivateSshd]:
    """Nothing is in /proc there. ps and pkill, which need it here, have it in a namespace of their own."""
    programs = directory / "programs"
    programs.mkdir(parents=True)
    unshared = "unshare --mount --propagation unchanged"  # the mounts of the sshd's namespace are its own already
    for name in ("ps", "pkill"):
        program = programs / name
        program.write_text(f'#!/bin/sh\nexec {unshared} sh -c \'umount /proc && exec /usr/bin/{name} "$@"\' sh "$@"\n')
        program.chmod(0o755)
    path = f"SetEnv SHLVL=2 PATH={programs}:/usr/bin:/bin"
    with prepared_sshd(directory / "sshd", "mount -t tmpfs none /proc", path) as daemon:
        yield daemon


async def test_a_host_without_proc(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("ps gets its /proc back by root alone")
    with sshd_without_proc(tmp_path) as daemon:
        async with linked(daemon) as link:
            assert (await run(link, "ls /proc"))[1] == b""
        await each_end_ends_its_own(host_of(daemon))


# -- a server that is one process for all connections, and starts a command when it comes to it -----------------------


@contextmanager
def one_server_for_all(directory: Path, delay: float) -> Iterator[HostInfo]:
    config, known_hosts = directory / "config", directory / "known_hosts"
    config.touch()
    kept = Kept([sys.executable, server_for_all.__file__, str(directory), str(delay)])
    try:
        limit = time.monotonic() + HANG
        while not known_hosts.exists():
            assert time.monotonic() < limit, "the server did not start"
            time.sleep(0.02)
        port = int(known_hosts.read_text().partition("]:")[2].split()[0])
        yield HostInfo(
            "peer", "127.0.0.1", uri=None, ssh=SshSettings("root", port, (), (str(known_hosts),), str(config))
        )
    finally:
        kept.close()


async def test_on_a_server_for_all_no_other_connection_s_command_is_taken_along(tmp_path: Path) -> None:
    cut, beside = Sleeper(), Sleeper()
    with one_server_for_all(tmp_path, 0.03) as host:
        unguarded = replace(host, ssh=replace(host.ssh or SshSettings(), command_guard=CommandGuard.NONE))
        async with linked(host) as link, linked(unguarded) as other:
            await run(link, "true")
            assert isinstance(link, SshLink)
            await link._guard.settle()  # it still looks for the first one
            tasks = [asyncio.create_task(run(one, f"{of.line} | cat")) for one, of in ((other, beside), (link, cut))]
            await cut.runs()
            await beside.runs()
            await until(lambda: known(link), "the guard does not know the command")
            tasks[1].cancel()
            await cut.is_gone()
            assert beside.sleeping()
            beside.kill()
            await tasks[0]
