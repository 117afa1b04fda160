"""New keys in the midst of work, asked for by the host, by this side or by both: nothing is lost, nobody is ended."""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from asyncssh.connection import SSHConnection
from asyncssh.constants import MSG_NEWKEYS

from atp_tui.drivers.libvirt.link import LibvirtLink
from atp_tui.drivers.ssh import intake
from atp_tui.drivers.ssh.link import SshLink
from atp_tui.model.ending import end_is_confirmed
from atp_tui.model.outcome import Command, Stream

from ..daemons.libvirtd import PrivateLibvirtd
from ..daemons.sshd import running_sshd
from .ssh_links import HANG, Output, Sleeper, host_of, linked, run
from .test_libvirt_over_ssh import direct, opened
from .test_ssh_floods import Clock

pytestmark = pytest.mark.daemons

SIDES = {"host": (True, False), "here": (False, True), "both": (True, True)}
"""Whether sshd asks for new keys after each 256 KiB, and whether this side does."""

LINES = b"".join(b"%d\n" % number for number in range(1, 350_001))
SENT = random.Random(11).randbytes(3 << 20)


class Exchanges:
    """Counts the exchanges of keys of this process's connections, the first one of each included."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begins = asyncio.Event()
        self.done = 0
        begin, finish = SSHConnection._send_kexinit, SSHConnection._packet_handlers[MSG_NEWKEYS]

        def begins(connection: SSHConnection) -> None:
            self.begins.set()
            begin(connection)

        def finishes(connection: Any, kind: int, number: int, packet: Any) -> None:
            self.done += 1
            finish(connection, kind, number, packet)

        monkeypatch.setattr(SSHConnection, "_send_kexinit", begins)
        monkeypatch.setitem(SSHConnection._packet_handlers, MSG_NEWKEYS, finishes)


class Slow(Output):
    """Takes nothing more once something has come, until there is `room`."""

    def __init__(self) -> None:
        super().__init__()
        self.room: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def __call__(self, stream: Stream, data: bytes) -> asyncio.Future[None]:  # type: ignore[override]
        super().__call__(stream, data)
        return self.room


@pytest.fixture
def exchanges(monkeypatch: pytest.MonkeyPatch) -> Exchanges:
    return Exchanges(monkeypatch)


@asynccontextmanager
async def changing_keys(directory: Path, side: str) -> AsyncIterator[SshLink]:
    there, here = SIDES[side]
    config = directory / "ssh_config"
    config.write_text("Host *\n RekeyLimit 256K\n" if here else "")
    with running_sshd(directory / "sshd", options=["RekeyLimit 256K"] if there else []) as daemon:
        async with linked(host_of(daemon, daemon.ssh_settings(config_file=str(config)))) as link:
            yield link


async def works(link: SshLink, libvirt: LibvirtLink) -> None:
    """Much output, some of it for a slow reader, much input, libvirt calls and heartbeats: all on one connection."""
    over = asyncio.Event()

    async def calls() -> int:
        said = set()
        number = 0
        while not over.is_set():
            said.add(await libvirt.call(lambda virt: virt.getCapabilities(), HANG))
            number += 1
        assert len(said) == 1
        return number

    async def beats() -> int:
        number = 0
        while not over.is_set():
            await link.ping(HANG)
            number += 1
            await asyncio.sleep(0.01)
        return number

    slow = Slow()
    async with asyncio.timeout(2 * HANG):
        waiting = asyncio.create_task(link.run(Command("seq 1 350000"), slow, 2 * HANG))
        beside = [asyncio.create_task(calls()), asyncio.create_task(beats())]
        try:
            written, taken, *short = await asyncio.gather(
                run(link, "seq 1 350000; echo done >&2"),
                run(link, "sha256sum", SENT),
                *(run(link, f"echo {number}; exit {number}") for number in range(4)),
            )
        finally:
            over.set()
            slow.room.set_result(None)
            numbers = await asyncio.gather(*beside)
        assert (await waiting).status == 0
    assert slow.stdout == LINES
    assert (written[0].status, written[1] == LINES, written[2]) == (0, True, b"done\n")
    assert taken[1].split()[0].decode() == hashlib.sha256(SENT).hexdigest()
    assert [(status.status, said) for status, said, _ in short] == [(n, b"%d\n" % n) for n in range(4)]
    assert min(numbers) > 0


@pytest.mark.parametrize(("side", "in_turns"), [("host", False), ("here", False), ("both", True)])
async def test_new_keys_under_load(
    tmp_path: Path,
    libvirtd: PrivateLibvirtd,
    exchanges: Exchanges,
    side: str,
    in_turns: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`in_turns`: the connection has used its share after each second packet, and is not read until its next turn."""
    async with changing_keys(tmp_path, side) as link:
        libvirt = await opened(link, direct(libvirtd))
        if in_turns:
            monkeypatch.setattr(intake, "perf_counter", Clock(0.6))
        await works(link, libvirt)
        await libvirt.close()
        assert link.is_alive()
    assert exchanges.done > 5


@pytest.mark.parametrize("side", SIDES)
async def test_a_command_that_is_cancelled_in_the_midst_of_new_keys_is_known_to_have_ended(
    tmp_path: Path, exchanges: Exchanges, side: str
) -> None:
    async with changing_keys(tmp_path, side) as link:
        connection: Any = link._connection
        await run(link, "true")
        cancelled_within = 0
        for turn in range(5):
            sleeper = Sleeper()
            line = f"cat >/dev/null & while :; do echo {'x' * 1000}; done & {sleeper.line}"
            task = asyncio.create_task(link.run(Command(line, SENT), Output(), HANG))
            exchanges.begins.clear()
            async with asyncio.timeout(HANG):
                await exchanges.begins.wait()
            for _ in range(turn):
                await asyncio.sleep(0)
            cancelled_within += not connection._kex_complete
            task.cancel()
            with pytest.raises(asyncio.CancelledError) as caught:
                async with asyncio.timeout(HANG):
                    await task
            assert end_is_confirmed(caught.value)
            await sleeper.is_gone()
            assert (await run(link, "echo well"))[1] == b"well\n"
        assert cancelled_within
