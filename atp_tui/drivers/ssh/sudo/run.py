"""A command as another user: a question what is allowed, then sessions with it until it has run or is refused.

Each session sends at most one password, and a password goes to sudo only behind the prompt that sudo itself has written
with our token. The command's input follows once the command begins, which a shell around it tells. Of an exact command
(no shell around it) nothing tells that; there sudo is made to ask (-k), so that all behind its answer is the command's.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import asyncssh

from ....model.ending import confirm_end
from ....model.errors import SudoFailed, SudoRefused
from ....model.message import told
from ....model.outcome import Command, ExitStatus, OutputSink, Stream
from ....model.questions import Wants
from ....model.say import Say
from ....transport.login_desk import Asks, Lent, LoginDesk
from ....transport.time_limit import unhurried
from ..answering import Answering
from ..feeding import Feed, fed
from ..sessions import CommandSession
from .hearing import Asked, Hearing
from .script import EXACT, LINE, WITHIN, Form, Probed, probed
from .words import failure, not_taken, shortly, wants_password

SUDO_LIMIT = 30.0
"""Seconds that sudo has to ask, to take a password or to begin. A wrong password costs 2 s (pam_unix), names that
cannot be looked up up to 15 s."""

ROOT = "root"
"""Who logs in as root needs no sudo to be that."""

_MOST_PROBED = 64 << 10

_MOST_USERS = 3
"""Users whose passwords are asked for one command: the login's, and that of whom it is for, or root."""

Channel = asyncssh.SSHClientChannel[bytes]
Run = Callable[[Command, OutputSink, Feed | None], Awaitable[ExitStatus]]
"""Runs a line to its end, as a link does; its input is the feed's affair, where there is one."""


async def run_as_other(name: str, run: Run, login: Answering, command: Command, output: OutputSink) -> ExitStatus:
    """Run a command on the host `name` as its user `command.sudo`. `login` is that of the connection.

    Raises SudoFailed where it did not begin, and what `run` raises.
    """
    if command.sudo == login.asks.user == ROOT:
        return await run(command, output, None)
    return await AsOther(name, run, login.desk, login.asks, command).run(output)


class AsOther:
    """One command on one host, by sudo or doas."""

    def __init__(self, name: str, run: Run, desk: LoginDesk, asks: Asks, command: Command) -> None:
        self.name = name
        self._run = run
        self._desk = desk
        self._asks = replace(asks, hop=False, unhurried=unhurried)
        self.command = command
        self.form = Form(f"atp-{secrets.token_hex(16)}", command.sudo, command.line)

    async def run(self, output: OutputSink) -> ExitStatus:
        """Run it. Raises SudoFailed where it did not begin, and what the link raises."""
        found = await self._probe()
        if found.way == "none":
            raise SudoFailed(told(Say.SUDO_MISSING, host=self.name), host=self.name)
        if found.way == "doas":
            return await self._by_doas(found, output)
        if found.shell:
            ended = await _Session(self, self.form.in_shell(asks=False), output).run()
        elif found.exact:
            ended = await self._exactly(found, output)
        elif not wants_password(found.said):
            raise self.failure(found.said, 1)
        else:
            ended = None
        return await self._with_password(found, output) if ended is None else ended

    async def run_line(self, output: OutputSink, feed: Feed) -> ExitStatus:
        """One session, whose input begins with a script."""
        return await self._run(Command(LINE), output, feed)

    async def _probe(self) -> Probed:
        said = bytearray()

        def hear(stream: Stream, data: bytes) -> None:
            if stream == "stdout" and len(said) < _MOST_PROBED:
                said.extend(data)

        try:
            async with asyncio.timeout(SUDO_LIMIT):
                await self.run_line(hear, lambda channel, session: fed(channel, session, self._script()))
        except TimeoutError as error:
            raise self.silent() from error
        found = probed(self.form.token, said.decode("utf-8", "replace"))
        if found is None:
            raise SudoFailed(told(Say.SUDO_NO_SHELL, host=self.name), host=self.name)
        return found

    def _script(self) -> Command:
        return Command(LINE, self.form.probe().encode("utf-8", "surrogateescape") + b"\n")

    async def _by_doas(self, found: Probed, output: OutputSink) -> ExitStatus:
        """doas takes a password on a terminal alone, where input cannot stand behind it."""
        if found.exact:
            return await self._plainly(self.form.by_doas(exact=True), output)
        refused = SudoRefused(told(Say.DOAS_REFUSES, host=self.name, target=self.form.user), host=self.name)
        if not found.shell:
            raise refused
        session = _Session(self, self.form.by_doas(exact=False), output)
        try:
            ended = await session.run()
        except SudoFailed as error:
            if error.reason.id in (Say.SUDO_SILENT, Say.SUDO_NO_SHELL):
                raise
            raise refused from error  # its rules cannot be read here, and it has said no
        if ended is None:
            raise refused
        return ended

    async def _exactly(self, found: Probed, output: OutputSink) -> ExitStatus | None:
        """The exact command, where sudo may want a password for it, or may not. None: it wants one, and nothing ran.

        sudo says so in the words that it has just said for want of one, and nothing else: no command says these alone.
        """
        if found.wants is None:
            return await self._plainly(self.form.exact(), output)
        refusal, heard, other = found.wants.strip().encode("utf-8", "surrogateescape"), bytearray(), False

        def hear(stream: Stream, data: bytes) -> asyncio.Future[None] | None:
            nonlocal other
            if other:
                return output(stream, data)
            if stream == "stderr":
                heard.extend(data)
                if refusal.startswith(bytes(heard).strip()):
                    return None
            other = True
            room = output("stderr", bytes(heard)) if heard else None
            return room if stream == "stderr" else output(stream, data)

        status = await self._plainly(self.form.exact(), hear)
        if not other and status.status == 1 and bytes(heard).strip() == refusal:
            return None
        if not other and heard:
            output("stderr", bytes(heard))
        return status

    async def _plainly(self, script: str, output: OutputSink) -> ExitStatus:
        """A script that asks nothing: the command's input stands right behind it."""
        first = script.encode("utf-8", "surrogateescape") + b"\n"
        command = replace(self.command, stdin=first + self.command.stdin)
        return await self.run_line(output, lambda channel, session: fed(channel, session, command))

    async def _with_password(self, found: Probed, output: OutputSink) -> ExitStatus:
        if found.shell:
            script = self.form.in_shell(asks=True)
        elif found.exact:
            script = self.form.exact_asking()
        else:
            script = self.form.either() if self.form.words else self.form.in_shell(asks=True)
        asks, refused, users = self._asks, False, {self._asks.user}
        while True:
            lent = await self._lent(asks)
            if lent is None:
                say = Say.SUDO_PASSWORD_REFUSED if refused else Say.SUDO_WANTS_PASSWORD
                raise SudoRefused(told(say, host=self.name, user=asks.user), host=self.name)
            session = _Session(self, script, output, lent, asks.user)
            ended = await session.run()
            if ended is not None:
                return ended
            refused = session.refused
            if session.wanted:
                if session.wanted in users or len(users) >= _MOST_USERS:  # no sudo does that, and it has no end
                    raise self.refusal(asks.user)
                users.add(session.wanted)
                asks = replace(asks, user=session.wanted)

    async def _lent(self, asks: Asks) -> Lent | None:
        if not self._desk.may_have(asks, Wants.SUDO):
            return None
        try:
            return await self._desk.secret(asks, Wants.SUDO)
        except asyncio.CancelledError as error:
            confirm_end(error)  # nothing of it runs while a password is waited for
            raise

    def failure(self, said: str, status: int | None, hidden: str = "") -> SudoFailed:
        """What sudo has ended with. `hidden` is not told."""
        return failure(self.name, self._asks.user, self.form.user, said, status, hidden)

    def refusal(self, user: str) -> SudoRefused:
        """sudo does not take the password of `user`."""
        return SudoRefused(told(Say.SUDO_PASSWORD_REFUSED, host=self.name, user=user), host=self.name)

    def silent(self, said: str = "", hidden: str = "") -> SudoFailed:
        """sudo says nothing that we wait for, but what it has said, such as the prompt of a PAM module."""
        quoted = shortly(said, hidden) or told(Say.SAID_NOTHING)
        return SudoFailed(told(Say.SUDO_SILENT, host=self.name, limit=SUDO_LIMIT, said=quoted), host=self.name)


class _Session:
    """One session of a script that may ask. `refused`: the password was not taken. `wanted` is whose is wanted, where
    that is somebody else's (rootpw, targetpw)."""

    def __init__(self, of: AsOther, script: str, output: OutputSink, lent: Lent | None = None, user: str = "") -> None:
        self._of = of
        self._script = script
        self._heard = Hearing(of.name, of.form.token, output)
        self._lent = lent
        self._user = user
        self._sent: set[int] = set()
        self._exact_next = self._is_taken = False
        self.refused = False
        self.wanted = ""

    async def run(self) -> ExitStatus | None:
        """Run it. None: a password is wanted, or another one, and nothing ran."""
        try:
            return self._over(await self._of.run_line(self._heard, self._fed))
        finally:
            if self._lent is not None:  # where nothing has told what became of it
                (self._lent.unsure if self._sent else self._lent.left)()

    def _over(self, status: ExitStatus) -> ExitStatus | None:
        if self._exact_next and not self.refused and not self.wanted:
            self._heard.begin()  # it has run without being asked about, or sudo says why not
        if self._heard.begun:
            if not self._exact_next:
                self._taken()
            return status
        said = self._heard.end()
        if self.refused and self._is_taken:  # it would be given again, and again
            raise self._of.refusal(self._user)
        if self.refused or self.wanted or (not self._sent and wants_password(said)):
            return None
        error = self._of.failure(said, status.status, self._hidden)
        if self._lent is not None and self._sent:
            self.refused = error.reason.id is Say.SUDO_PASSWORD_REFUSED
            if self.refused:
                self._lent.refused()
                return None
            if isinstance(error, SudoRefused):  # sudo takes a password before it says such a thing
                self._lent.accepted()
        raise error

    @property
    def _hidden(self) -> str:
        """The password that is there: a PAM module that is looked into may say it again."""
        return "" if self._lent is None or not self._sent else self._lent.secret.reveal()

    @asynccontextmanager
    async def _fed(self, channel: Channel, session: CommandSession) -> AsyncIterator[None]:
        if not channel.is_closing():
            channel.write(self._script.encode("utf-8", "surrogateescape") + b"\n")
        talking = asyncio.create_task(self._talk(channel, session))
        try:
            yield
        finally:
            talking.cancel()

    async def _talk(self, channel: Channel, session: CommandSession) -> None:
        """Answer what sudo asks, and feed the command once it begins."""
        try:
            while not self._heard.begun:
                async with asyncio.timeout(SUDO_LIMIT):
                    event = await self._heard.next()
                if not (self._answered(channel, event) if isinstance(event, Asked) else self._told(event)):
                    if not channel.is_closing():
                        channel.write_eof()  # sudo ends for want of an answer
                    async with asyncio.timeout(SUDO_LIMIT):
                        await asyncio.Event().wait()  # until the session is over
        except TimeoutError:
            if not self._exact_next or self.refused or self.wanted:
                session.failure = self._of.silent(self._heard.end(), self._hidden)
                session.ended.set()
                return
            self._heard.begin()  # sudo was made to ask, and does not: the command wants none, and runs
        command = self._of.command
        if not self._exact_next:
            command = replace(command, stdin=WITHIN + command.stdin)
        async with fed(channel, session, command):
            await asyncio.Event().wait()  # until the session is over

    def _told(self, sign: str) -> bool:
        self._taken()
        self._exact_next = sign == EXACT
        return True

    def _answered(self, channel: Channel, asked: Asked) -> bool:
        """Send the password; False: there is none to send."""
        if self._lent is None:
            return False
        if asked.place in self._sent or (self._sent and not_taken(asked.said)):
            self.refused = True
            self._lent.refused()
            return False
        if asked.user and asked.user != self._user:
            self.wanted = asked.user
            return False
        if channel.is_closing():
            return False
        self._taken()
        self._sent.add(asked.place)
        channel.write(self._lent.secret.reveal().encode("utf-8", "surrogateescape") + b"\n")
        if self._exact_next:
            self._heard.begin()
        return True

    def _taken(self) -> None:
        """sudo has gone on behind the password."""
        if self._lent is not None and self._sent:
            self._lent.accepted()
            self._is_taken = True
