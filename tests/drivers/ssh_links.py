"""What the SSH tests share: links to a private sshd, and the sight of remote processes."""

from __future__ import annotations

import asyncio
import os
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import asyncssh
import pytest

from atp_tui.drivers.ssh.driver import SshDriver
from atp_tui.drivers.ssh.link import SshLink
from atp_tui.drivers.ssh.moving.link import MovingLink
from atp_tui.model.errors import TransportError
from atp_tui.model.host import HostInfo
from atp_tui.model.outcome import Command, ExitStatus, Stream
from atp_tui.model.settings import SshSettings, TransportConfig
from atp_tui.transport.driver import OpenRequest

from ..daemons.sshd import PrivateSshd

HANG = 30.0
"""Seconds after which something hangs."""


def host_of(daemon: PrivateSshd, settings: SshSettings | None = None) -> HostInfo:
    return HostInfo("peer", "127.0.0.1", uri=None, ssh=settings or daemon.ssh_settings())


async def open_link(
    host: HostInfo,
    driver: SshDriver | None = None,
    lost: list[TransportError] | None = None,
    config: TransportConfig | None = None,
) -> MovingLink:
    on_lost = [] if lost is None else lost
    request = OpenRequest(host, config or TransportConfig(connect_timeout=10), on_lost.append)
    async with asyncio.timeout(HANG):
        return await (driver or SshDriver()).open(request)


@asynccontextmanager
async def linked(where: PrivateSshd | HostInfo, driver: SshDriver | None = None) -> AsyncIterator[MovingLink]:
    link = await open_link(host_of(where) if isinstance(where, PrivateSshd) else where, driver)
    try:
        yield link
    finally:
        link.abort()


async def until_lost(lost: list[TransportError]) -> None:
    await until(lambda: bool(lost), "on_lost was not called")


class Output:
    """A sink that keeps what comes."""

    def __init__(self) -> None:
        self.stdout = b""
        self.stderr = b""

    def __call__(self, stream: Stream, data: bytes) -> None:
        if stream == "stdout":
            self.stdout += data
        else:
            self.stderr += data


async def run(link: SshLink, line: str, stdin: bytes = b"") -> tuple[ExitStatus, bytes, bytes]:
    output = Output()
    status = await link.run(Command(line, stdin), output, HANG)
    return status, output.stdout, output.stderr


class Sleeper:
    """A `sleep` that is told from all others by the length of its sleep."""

    def __init__(self) -> None:
        self.seconds = f"3600.{uuid.uuid4().int % 10**12:012}"
        self.line = f"sleep {self.seconds}"

    def sleeping(self) -> list[int]:
        """Process ids of the sleeps themselves, without the shells that have the word in their command line."""
        return [pid for pid, words in _command_lines() if words[0] == b"sleep" and self.seconds.encode() in words[1:]]

    def processes(self) -> list[int]:
        """Process ids of all that bear the word."""
        return [pid for pid, words in _command_lines() if any(self.seconds.encode() in word for word in words)]

    async def runs(self, number: int = 1) -> None:
        """Wait until that many sleep."""
        await until(lambda: len(self.sleeping()) >= number, f"{number} of {self.line} never ran")

    async def is_gone(self) -> None:
        """Wait until none sleeps."""
        await until(lambda: not self.sleeping(), f"{self.line} is still there")

    async def is_forgotten(self) -> None:
        """Wait until nothing bears the word: shells that would start another, and guards, which stay 3 s longer."""
        await until(lambda: not self.processes(), f"something of {self.line} is still there")

    def kill(self) -> None:
        for pid in self.sleeping():
            os.kill(pid, 9)


def _command_lines() -> list[tuple[int, list[bytes]]]:
    """Of all processes; a dozen tests ask 50 times a second, so that it goes without the comfort of Path."""
    found, own = [], str(os.getpid())
    for name in os.listdir("/proc"):
        if name.isdigit() and name != own:
            try:
                with open(f"/proc/{name}/cmdline", "rb", buffering=0) as file:
                    found.append((int(name), file.read().split(b"\0")))
            except OSError:
                continue
    return found


async def until(condition: Callable[[], bool], complaint: str, every: float = 0.02) -> None:
    """Look each `every` seconds whether that holds."""
    limit = time.monotonic() + HANG
    while not condition():
        assert time.monotonic() < limit, complaint
        await asyncio.sleep(every)


async def answers(host: HostInfo, driver: SshDriver | None = None) -> bool:
    async with linked(host, driver) as link:
        await link.ping(HANG)
        return (await run(link, "echo yes"))[1] == b"yes\n"


async def fails(host: HostInfo, driver: SshDriver | None = None) -> TransportError:
    with pytest.raises(TransportError) as caught:
        await open_link(host, driver)
    assert caught.value.host == "peer"
    return caught.value


def unexpected(error: TransportError) -> None:
    raise AssertionError(f"on_lost for a link that was never handed out: {error}")


def new_key(path: Path) -> Path:
    key = asyncssh.generate_private_key("ssh-ed25519")
    path.write_bytes(key.export_private_key())
    path.chmod(0o600)
    path.with_name(path.name + ".pub").write_bytes(key.export_public_key())
    return path
