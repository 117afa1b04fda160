"""An SSH server that is one process for all its connections, and answers before it has started a command.

    python server_for_all.py DIRECTORY DELAY

It writes its address and key into DIRECTORY/known_hosts. DELAY: seconds between its word that a command was started and
the start; a guard's shell is started at once.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import asyncssh


class _Server(asyncssh.SSHServer):
    def begin_auth(self, username: str) -> bool:
        return False


async def _serve(directory: Path, delay: float) -> None:
    async def start(process: asyncssh.SSHServerProcess[bytes]) -> None:
        host, port = process.get_extra_info("peername")[:2]
        await asyncio.sleep(0 if process.command == "echo atp; sh" else delay)
        child = subprocess.Popen(  # noqa: ASYNC220 - a moment, and its pipes are what redirect takes
            ["sh", "-c", process.command or "true"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            env={**os.environ, "SSH_CONNECTION": f"{host} {port} 127.0.0.1 22"},
        )
        await process.redirect(child.stdin, child.stdout, child.stderr)
        process.exit(await asyncio.to_thread(child.wait))

    key = asyncssh.generate_private_key("ssh-ed25519")
    server = await asyncssh.listen(
        "127.0.0.1", 0, server_factory=_Server, server_host_keys=[key], process_factory=start, encoding=None
    )
    written = directory / "known_hosts.new"
    written.write_bytes(f"[127.0.0.1]:{server.get_port()} ".encode() + key.export_public_key())
    written.rename(directory / "known_hosts")
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1]), float(sys.argv[2])))
