"""Security keys behind an agent: a touch at a time over all hosts, and a person is told when."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from asyncssh.packet import Byte, SSHPacket, String, UInt32
from asyncssh.public_key import decode_ssh_public_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from atp_tui.drivers.ssh.driver import SshDriver
from atp_tui.transport.login_desk import LoginDesk

from ..daemons.asking_sshd import Asking, listening
from .ssh_links import open_link

pytestmark = pytest.mark.daemons

KIND, APPLICATION = b"sk-ssh-ed25519@openssh.com", b"ssh:"


class Token:
    """An agent with the key of a security key, which is touched a moment after each request."""

    def __init__(self) -> None:
        self._private = Ed25519PrivateKey.generate()
        self.public = String(KIND) + String(self._private.public_key().public_bytes_raw()) + String(APPLICATION)
        self.waiting = self.most_waiting = self.touched = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                packet = SSHPacket(await reader.readexactly(int.from_bytes(await reader.readexactly(4), "big")))
                if packet.get_byte() == 11:  # SSH_AGENTC_REQUEST_IDENTITIES
                    answer = Byte(12) + UInt32(1) + String(self.public) + String("token")
                else:  # SSH_AGENTC_SIGN_REQUEST
                    packet.get_string()
                    answer = Byte(14) + String(await self._sign(packet.get_string()))
                writer.write(String(answer))
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def _sign(self, data: bytes) -> bytes:
        self.waiting += 1
        self.most_waiting = max(self.most_waiting, self.waiting)
        await asyncio.sleep(0.05)
        self.waiting -= 1
        self.touched += 1
        end = Byte(1) + UInt32(self.touched)  # the flag of a touch, and the counter (PROTOCOL.u2f)
        signed = hashlib.sha256(APPLICATION).digest() + end + hashlib.sha256(data).digest()
        return String(KIND) + String(self._private.sign(signed)) + end


@asynccontextmanager
async def token(path: Path) -> AsyncIterator[Token]:
    made = Token()
    server = await asyncio.start_unix_server(made.serve, path)
    try:
        yield made
    finally:
        server.close()


async def test_five_hosts_ask_for_one_touch_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent"))
    desk = LoginDesk()
    driver, told = SshDriver(desk=desk), []

    def hear() -> None:
        if (touch := desk.touch()) is not None and touch not in told:
            told.append(touch)

    desk.listen(hear)
    async with token(tmp_path / "agent") as key:
        servers = [Asking(key=decode_ssh_public_key(key.public)) for _ in range(5)]
        async with listening(*servers):
            hosts = [server.host(tmp_path, f"kvm{n}", identity_files=None) for n, server in enumerate(servers)]
            for link in await asyncio.gather(*(open_link(host, driver) for host in hosts)):
                link.abort()
    assert (key.touched, key.most_waiting) == (5, 1)
    assert sorted(each.host_id for each in told) == [f"kvm{n}" for n in range(5)]
    assert {each.key for each in told} == {"token"}
    assert desk.touch() is None
