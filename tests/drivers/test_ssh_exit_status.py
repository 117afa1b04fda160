"""Exit statuses of more than 8 bits, as hosts with Windows have them: RFC 4254, 6.10 gives them 32."""

from __future__ import annotations

import re
from pathlib import Path

import asyncssh
import pytest
from asyncssh.packet import UInt32

from atp_tui.model.host import HostInfo
from atp_tui.model.outcome import Command, ExitStatus
from atp_tui.model.settings import HostKeyPolicy, SshSettings

from .ssh_links import linked


class _Server(asyncssh.SSHServer):
    def begin_auth(self, username: str) -> bool:
        return False


def _end(process: asyncssh.SSHServerProcess[str]) -> None:
    """End with the number that the command line has; asyncssh's own `exit` would cut it to 8 bits."""
    asked = re.search(r"exit (\d+)", process.command or "")
    process.channel._send_request(b"exit-status", UInt32(int(asked[1]) if asked else 1))
    process.channel.close()


@pytest.mark.parametrize("status", [0, 7, 255, 256, 0xC0000005])
async def test_the_whole_status_is_told(tmp_path: Path, status: int) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    (tmp_path / "empty").touch()
    server = await asyncssh.listen("127.0.0.1", 0, server_factory=_Server, server_host_keys=[key], process_factory=_end)
    settings = SshSettings(
        user="root",
        port=server.get_port(),
        identity_files=(),
        known_hosts=(str(tmp_path / "known_hosts"),),
        config_file=str(tmp_path / "empty"),
        host_key_policy=HostKeyPolicy.ACCEPT_NEW,
    )
    try:
        async with linked(HostInfo("peer", "127.0.0.1", uri=None, ssh=settings)) as link:
            assert await link.run(Command(f"exit {status}"), lambda *_: None, 20) == ExitStatus(status)
    finally:
        server.close()
        await server.wait_closed()
