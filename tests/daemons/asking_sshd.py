"""SSH servers of the suite's own that ask: for passwords, and by keyboard-interactive for whatever a test wants.

OpenSSH checks passwords against the system's accounts; these know words of their own, and keep what they were told.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh
from asyncssh.auth import KbdIntChallenge

from atp_tui.model.host import HostInfo
from atp_tui.model.settings import HostKeyPolicy, SshSettings

Prompts = Sequence[tuple[str, bool]]


@dataclass
class Round:
    """One question of keyboard-interactive, and the answers that are right."""

    prompts: Prompts
    right: Sequence[str]
    name: str = ""
    instruction: str = ""


@dataclass
class Asking:
    """What a server wants, and what it was told. `key`: the public key that it takes, as the first of two logins where
    `rounds` follow. `endless`: it asks the last round again and again, whatever is answered. `drops`: so often it ends
    the connection when a password comes, in the place of an answer. `expired`: the password is right, and no more than
    that."""

    password: str | None = None
    rounds: Sequence[Round] = ()
    key: asyncssh.SSHKey | None = None
    endless: bool = False
    drops: int = 0
    expired: bool = False
    told: list[str] = field(default_factory=list)
    """All passwords and answers that have come."""
    begun: int = 0
    """How often keyboard-interactive was begun."""
    port: int = 0

    def host(self, directory: Path, host_id: str = "peer", **ssh: object) -> HostInfo:
        """A host that is reached there, with a known_hosts of its own and nothing of this machine's ssh_config."""
        empty = directory / "empty"
        empty.touch()
        values: dict[str, object] = {
            "user": "root",
            "port": self.port,
            "identity_files": (),
            "known_hosts": (str(directory / "known_hosts"),),
            "config_file": str(empty),
            "host_key_policy": HostKeyPolicy.ACCEPT_NEW,
        }
        return HostInfo(host_id, "127.0.0.1", uri=None, ssh=SshSettings(**(values | ssh)))  # type: ignore[arg-type]


class _Server(asyncssh.SSHServer):
    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._at = 0
        self._keyed = False

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn

    def begin_auth(self, username: str) -> bool:
        return True

    def public_key_auth_supported(self) -> bool:
        return self._asking.key is not None

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return self._asking.key is not None and key.public_data == self._asking.key.public_data

    def password_auth_supported(self) -> bool:
        return self._asking.password is not None

    async def validate_password(self, username: str, password: str) -> bool:
        self._asking.told.append(password)
        if self._asking.drops:
            self._asking.drops -= 1
            self._connection.abort()
        await asyncio.sleep(0.02)
        if self._asking.expired and password == self._asking.password:
            raise asyncssh.PasswordChangeRequired("Choose\x1b[31m another")
        return password == self._asking.password

    def kbdint_auth_supported(self) -> bool:
        return bool(self._asking.rounds)

    def get_kbdint_challenge(self, username: str, lang: str, submethods: str) -> KbdIntChallenge:
        self._asking.begun += 1
        self._at = 0
        return self._challenge()

    def validate_kbdint_response(self, username: str, responses: Sequence[str]) -> KbdIntChallenge:
        self._asking.told += responses
        asked = self._asking.rounds[self._at]
        if self._asking.endless:
            return self._challenge()
        if list(responses) != list(asked.right):
            return False
        self._at += 1
        return self._at == len(self._asking.rounds) or self._challenge()

    def _challenge(self) -> KbdIntChallenge:
        asked = self._asking.rounds[self._at]
        return asked.name, asked.instruction, "", asked.prompts

    def session_requested(self) -> asyncssh.SSHServerSession[str]:
        return asyncssh.SSHServerSession()


@asynccontextmanager
async def listening(*askings: Asking) -> AsyncIterator[None]:
    """These servers, each on a port of its own of 127.0.0.1."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    servers = []

    def made_by(asking: Asking) -> Callable[[], _Server]:
        return lambda: _Server(asking)

    try:
        for asking in askings:
            server = await asyncssh.listen("127.0.0.1", 0, server_factory=made_by(asking), server_host_keys=[key])
            servers.append(server)
            asking.port = server.get_port()
        yield
    finally:
        for server in servers:
            server.close()
