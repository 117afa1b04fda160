"""What asyncssh tells of one connection, and asks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import asyncssh

from ...transport.driver import PassedCallback
from .answering import Answering
from .floods import Floods
from .greeting import Greeting
from .host_key_check import HostKeyCheck
from .intake import Flood, Intake, Shares
from .overheard import Overheard
from .stages import greeted, proved, tell

_LONGEST_DEBUG = 4096
"""Characters of a debugging message that are looked at; OpenSSH's have 1,024 (sshlog in log.c)."""


class Owner(asyncssh.SSHClient):
    """What asyncssh tells and asks of one connection. `ended` is called with its end once it was handed out.

    `forced`: the key that was taken has a command of its own (command= in authorized_keys), which each session runs.
    """

    def __init__(
        self,
        check: HostKeyCheck,
        answering: Answering,
        shares: Shares,
        floods: Floods,
        passed: PassedCallback | None,
    ) -> None:
        self.check = check
        self._passed = passed
        self._shares = shares
        self._floods = floods
        self._intake: Intake | None = None
        self.took_socket = False
        self.greeting: Greeting | None = None
        self.overheard: Overheard | None = None
        self.forced = False
        self.ended: Callable[[Exception | None], None] | None = None
        self.answering = answering
        self.judged: Callable[[bool], None] = lambda _: None
        self.more_keys: Callable[[], Awaitable[asyncssh.SSHKey | None]] | None = None

    def connection_made(self, conn: asyncssh.SSHClientConnection) -> None:
        self.took_socket = True
        self._intake = Intake(conn, self._shares)
        self.greeting = Greeting(conn, lambda version: tell(self._passed, greeted, version))
        self.check.offered = lambda: conn._server_host_key_algs or ()
        # asyncssh knows no way from a certificate back to its plain key. Should it ever ask another method, no key
        # is good: it is told of none, and this class confirms none.
        conn.validate_server_host_key = self.check.validate  # type: ignore[method-assign]
        self.overheard = overheard = Overheard(conn, lambda: tell(self._passed, proved, self.check), self._judged)
        self.check.agreed = lambda: overheard.host_key_algorithm

    def debug_msg_received(self, msg: str, lang: str, always_display: bool) -> None:
        # OpenSSH names the options of the key that it has taken (auth_log_authopts in auth.c). No regular expression:
        # any peer may send 256 kB that were made for it, and the event loop would wait
        _, named, options = msg[:_LONGEST_DEBUG].partition(": key options:")
        if named and "command" in options.split():
            self.forced = True

    def connection_lost(self, exc: Exception | None) -> None:
        if self._intake is not None:
            self._intake.let_go()
        if isinstance(exc, Flood):
            self._floods.note(self.check.endpoint.name, self.check.endpoint.port)
        if self.ended is not None:
            self.ended(exc)

    def _judged(self, taken: bool) -> None:
        self.judged(taken)
        (self.answering.taken if taken else self.answering.failed)()

    async def public_key_auth_requested(self) -> asyncssh.SSHKey | None:
        return await self.more_keys() if self.more_keys else None

    async def password_auth_requested(self) -> str | None:
        return await self.answering.password()

    def password_change_requested(
        self, prompt: str, lang: str
    ) -> Any:  # NotImplemented, as asyncssh documents it, has no type of its own
        self.answering.expired(prompt)
        return NotImplemented

    def kbdint_auth_requested(self) -> str | None:
        return "" if self.answering.begins() else None

    async def kbdint_challenge_received(
        self, name: str, instructions: str, lang: str, prompts: Sequence[tuple[str, bool]]
    ) -> list[str] | None:
        return await self.answering.answers(name, instructions, prompts)
