"""The demo's SSH server: real SSH on loopback, behind it no machine but the simulated ones.

What is typed in the demo is parsed (shell_syntax) and answered from a table (shell_commands). No process is started
and no file is opened on its behalf; forwarding, file transfer, agents and terminals are refused.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from ...config.paths import RUNTIME_PREFIX
from ...model.data_class import dataclass
from ...model.host import SIMULATED, HostInfo
from ...model.outcome import Stream
from ...model.settings import CommandGuard, HostKeyPolicy, SshSettings
from ...transport.clock import Clock, LoopClock
from ..private import private_directory
from .driver import SimulatedDriver, SimulatedHost
from .faults import FaultScript
from .node import SimulatedNode
from .shell_filters import FILTERS
from .shell_reply import Visit
from .shell_run import run_line

if TYPE_CHECKING:
    import asyncssh

LOOPBACK = "127.0.0.1"

MOST_STDIN = 1 << 20
"""Bytes of stdin that a command takes."""


@dataclass(frozen=True, slots=True)
class ShellAccess:
    """How to reach the demo's server. All hosts share its address: the user's name tells which one is meant."""

    port: int
    identity_file: Path
    known_hosts: Path

    def settings(self, host_id: str) -> SshSettings:
        """The SSH settings of one host; no configuration of the person's own is read for it."""
        return SshSettings(
            user=host_id,
            port=self.port,
            identity_files=(str(self.identity_file),),
            known_hosts=(str(self.known_hosts),),
            config_file=os.devnull,
            proxy_jump="none",
            host_key_policy=HostKeyPolicy.STRICT,
            command_guard=CommandGuard.NONE,  # there is no shell, and a command ends with its channel
        )


class DemoShell:
    """The server, as an asynchronous context manager; leaving it cuts its connections and removes its directory.

    `driver` gives the hosts and the moment, so that a command shows the figures that the screen shows, and a host
    that is silent or refuses does so here too. Raises OSError where loopback cannot be listened on.
    """

    def __init__(self, driver: SimulatedDriver, clock: Clock | None = None) -> None:
        self._driver = driver
        self._clock = LoopClock() if clock is None else clock
        self._hosts: dict[str, SimulatedHost] = {}
        self._connections: set[asyncssh.SSHServerConnection] = set()
        self._sessions: set[asyncio.Future[Any]] = set()
        self._access: ShellAccess | None = None
        self._acceptor: asyncssh.SSHAcceptor | None = None
        self._directory = ExitStack()

    @property
    def access(self) -> ShellAccess:
        """Raises RuntimeError before the server was entered."""
        if self._access is None:
            raise RuntimeError("the demo's SSH server is not running")
        return self._access

    @property
    def running_commands(self) -> int:
        """How many commands are being answered now."""
        return len(self._sessions)

    def admit(self, hosts: Iterable[HostInfo]) -> None:
        """Answer for these hosts from now on. A host that is not simulated gets a node of its own name."""
        for host in hosts:
            uri = host.connection_uri
            if uri is not None and uri.driver == SIMULATED:
                self._hosts[host.id] = self._driver.host(host)
            else:
                self._hosts[host.id] = SimulatedHost(SimulatedNode(host.id, 0, domains=0), 0.0, FaultScript())

    async def __aenter__(self) -> Self:
        import asyncssh

        from .shell_gate import Gate

        try:
            directory = self._directory.enter_context(private_directory(None, f"{RUNTIME_PREFIX}demo-"))
            host_key, client_key = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
            public_key = client_key.convert_to_public()
            self._acceptor = await asyncssh.listen(
                LOOPBACK,
                0,
                server_factory=lambda: Gate(self._hosts, public_key, self._driver, self._clock, self._connections),
                server_host_keys=[host_key],
                process_factory=self._serve,
                encoding=None,
                allow_pty=False,
                agent_forwarding=False,
                gss_host=None,
            )
            port = self._acceptor.get_port()
            identity, known_hosts = directory / "id_ed25519", directory / "known_hosts"
            identity.touch(mode=0o600)
            identity.write_bytes(client_key.export_private_key())
            known_hosts.write_bytes(f"[{LOOPBACK}]:{port} ".encode() + host_key.export_public_key())
            self._access = ShellAccess(port, identity, known_hosts)
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop()

    async def _stop(self) -> None:
        self._access = None
        if self._acceptor is not None:
            self._acceptor.close()
        connections = list(self._connections)
        for connection in connections:
            connection.abort()
        if self._acceptor is not None:
            await self._acceptor.wait_closed()  # from Python 3.12 on this waits for the connections as well
        for connection in connections:
            await connection.wait_closed()
        await asyncio.gather(*self._sessions, return_exceptions=True)
        self._directory.close()

    async def _serve(self, process: asyncssh.SSHServerProcess[bytes]) -> None:
        """One session: its command runs until it is done or its owner goes away, whichever comes first."""
        host = self._hosts[process.get_extra_info("username")]
        running = asyncio.ensure_future(self._answer(host, process))
        leaving = asyncio.ensure_future(process.wait_closed())
        session = asyncio.gather(running, leaving, return_exceptions=True)
        self._sessions.add(session)

        def end(signal: str) -> None:
            # as a shell that catches it: a status says that nothing goes on, a death by it would not (see ssh/cutting)
            process.exit(128 + {"HUP": 1, "INT": 2, "KILL": 9}.get(signal, 15))

        process.signal_received = end  # type: ignore[method-assign]
        try:
            await asyncio.wait((running, leaving), return_when=asyncio.FIRST_COMPLETED)
            if not leaving.done():
                running.result()  # a fault of ours is asyncssh's to log, and ends the connection
        finally:
            running.cancel()
            leaving.cancel()
            del process.signal_received  # it is a cycle
            await session
            self._sessions.discard(session)

    async def _answer(self, host: SimulatedHost, process: asyncssh.SSHServerProcess[bytes]) -> None:
        if process.command is None:
            process.stderr.write(b"the demo has no interactive shell: give a command\n")
            process.exit(2)
            return
        stdin = b""
        if process.command.split()[:1] and process.command.split()[0] in FILTERS:
            stdin = await _read(process.stdin)
        process.exit(await self._run(host, process.command, stdin, process))

    async def _run(
        self, host: SimulatedHost, line: str, stdin: bytes, process: asyncssh.SSHServerProcess[bytes]
    ) -> int:
        def write(stream: Stream, text: str) -> None:
            (process.stdout if stream == "stdout" else process.stderr).write(text.encode("utf-8", "replace"))

        now = self._driver.elapsed()
        await self._clock.sleep(host.answered_at(now) - now)
        return await run_line(
            line,
            lambda: Visit(host.node, self._driver.elapsed(), self._clock.wall()),
            write,
            self._clock.sleep,
            stdin.decode("utf-8", "replace"),
        )


async def _read(stdin: asyncssh.SSHReader[bytes]) -> bytes:
    """All of stdin, or its first MOST_STDIN bytes."""
    read = b""
    while len(read) < MOST_STDIN and (data := await stdin.read(MOST_STDIN - len(read))):
        read += data
    return read
