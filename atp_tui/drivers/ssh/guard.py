"""The guard: what makes a remote command end with its owner, though the command is sent as it is.

sshd does nothing to a command whose channel is closed or whose connection is lost. Nothing is put around the command to
change that: an allow-list would refuse it, a shell that is no POSIX shell would say it back, and the command could see
it. Instead each connection that runs commands has one more session, a shell of the far side that runs guard.sh. It
learns of each command which process the server has started for it, and ends the whole session of that process when it
is told to, or when its own standard input ends, because the connection was lost or closed.

A server answers "started" once it has forked, so a new child of the server, right after that answer, is the command.
OpenSSH and dropbear fork before they read on: there the question for the child follows the order to start the command
at once. Two commands that are being started at the same time could not be told apart: so starts on one connection wait
for each other. A command that has ended by itself is forgotten, and the jobs that it left in the background go on, as
with ssh.

The guard's line is `echo … ; sh`, which each shell understands that has an sh beside it. Nothing but a newline (for
start-up files that read) is written to it before it has said its word, so a forced command that stores its standard
input gets no more than that. Where it says something else, there is no guard: see `unguarded` in link.py.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from enum import Enum
from functools import cache
from pathlib import Path

import asyncssh

from ...model.errors import TransportError

KILL_AFTER = 3.0
"""Seconds between TERM and KILL."""

_LOOKS = (0.01, 0.02, 0.04, 0.08, 0.15, 0.3, 0.6, 0.9, 0.9)
"""KILL_AFTER in parts, before each of which the guard looks whether anything of a command is left: most die at once."""

START_LIMIT = 5.0
"""Seconds that the first command of a connection waits for the guard. It is a login shell: 2 ms, or 0.2 s where its
start-up files are heavy."""

HOLD_BACK = 0.5
"""Seconds that news of a command's end may wait for company: a packet costs both sides some 0.03 ms. A connection that
is lost within them takes along what that command left in the background."""

LINE = b"echo atp; sh"
_WORD = b"atp"
_GUARDING = b"guarding"
_GONE = b"gone "
_LEFT = b"left "
_MOST_SAID = 64 * 1024
"""Bytes that start-up files may write before the guard's own word."""

Channel = asyncssh.SSHClientChannel[bytes]


@cache
def _script() -> str:
    lines = Path(__file__).with_name("guard.sh").read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in map(str.strip, lines) if line and not line.startswith("#")) + "\n"


def script() -> bytes:
    """What is written to the guard's shell.

    Nothing may follow it before the guard has answered: some shells (dash) read ahead of the script that they run. So
    it names no command that runs already: a guard that comes when it has been given up would end those.
    """
    looks = " ".join(f"{part:g}" for part in _LOOKS)
    return f"after={KILL_AFTER:g} looks='{looks}'\n{_script()}".encode()


class LastWord(Enum):
    """What the guard says of a command that was to be ended.

    GONE: nothing of it is left. GOES_ON: but for what it had put into another session, and that goes on. NONE: the
    guard will not tell.
    """

    GONE = "gone"
    GOES_ON = "goes on"
    NONE = "none"


class Ward:
    """One command that the guard watches. Its leaders are known soon after its start: none, if it has ended by then.

    `end` is for a command that is killed.
    """

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        loop = asyncio.get_running_loop()
        self.leaders: asyncio.Future[list[int]] = loop.create_future()
        self.end: asyncio.Future[LastWord] = loop.create_future()
        self._done = False

    @property
    def sees_nothing(self) -> bool:
        """Whether the guard has looked, and knows no process of the command: it cannot end it."""
        return self.leaders.done() and not self.leaders.result()

    def ended(self) -> None:
        """The command has ended by itself."""
        self._when_known(b"e")

    def kill(self) -> None:
        """Have the command's processes ended: TERM, and KILL after KILL_AFTER seconds."""
        if self._done:
            self.give_word(LastWord.NONE)
        self._when_known(b"k")

    def give_word(self, word: LastWord) -> None:
        """The guard's last word on it."""
        if not self.end.done():
            self.end.set_result(word)

    def _when_known(self, request: bytes) -> None:
        if not self._done:
            self._done = True
            self._guard.unsettle()
            self.leaders.add_done_callback(lambda known: self._guard.release(self, request, known.result()))


class _Shell(asyncssh.SSHClientSession[bytes]):
    """The guard's session. `word` is set to whether its word has come, `answers` are waited for in their order, and
    `dying` are the commands that are being ended, by their leaders."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.word: asyncio.Future[bool] = loop.create_future()
        self.guarding: asyncio.Future[bool] = loop.create_future()
        self.answers: deque[asyncio.Future[list[int]]] = deque()
        self.dying: dict[int, Ward] = {}
        self.closed = False
        self._rest = b""
        self._said = 0
        self._channel: Channel | None = None

    def connection_made(self, chan: Channel) -> None:
        self._channel = chan

    def data_received(self, data: bytes, datatype: int | None) -> None:
        if datatype or self.closed:
            return
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._line(line.strip())
        self._said += 0 if self.guarding.done() else len(data)
        if self._said > _MOST_SAID or len(self._rest) > _MOST_SAID:
            self._give_up()
            if self._channel is not None:
                self._channel.abort()  # else it would hold its session, beside that of the next guard

    def _line(self, line: bytes) -> None:
        if not self.word.done():
            if line == _WORD:
                self.word.set_result(True)
        elif not self.guarding.done():
            if line == _GUARDING:
                self.guarding.set_result(True)
        elif line.startswith(_GONE):
            self._ended(line.removeprefix(_GONE), LastWord.GONE)
        elif line.startswith(_LEFT):
            self._ended(line.removeprefix(_LEFT), LastWord.GOES_ON)
        elif self.answers:
            _settle(self.answers.popleft(), [int(word) for word in line.split() if word.isdigit()])

    def _ended(self, leader: bytes, word: LastWord) -> None:
        ward = self.dying.pop(int(leader), None) if leader.isdigit() else None
        if ward is not None and (word is LastWord.GOES_ON or ward not in self.dying.values()):
            ward.give_word(word)

    def eof_received(self) -> bool:
        self._give_up()
        return False

    # its output may stay open beyond its end: what it has started to end a command has it too

    def exit_status_received(self, status: int) -> None:
        self._give_up()

    def exit_signal_received(self, signal: str, core_dumped: bool, msg: str, lang: str) -> None:
        self._give_up()

    def connection_lost(self, exc: Exception | None) -> None:
        self._channel = None  # each has the other until here
        self._give_up()

    def _give_up(self) -> None:
        self.closed = True
        self._rest = b""
        for future in (self.word, self.guarding):
            if not future.done():
                future.set_result(False)
        while self.answers:
            _settle(self.answers.popleft(), [])
        while self.dying:
            self.dying.popitem()[1].give_word(LastWord.NONE)


class Guard:
    """The guard of one connection. It is started with the first command, and anew where it was killed.

    `open_session` opens a session with a line for a factory, and raises TransportError. `wanted` False: no guard.
    `in_order`: the server has forked for a command before it reads what follows.
    """

    def __init__(
        self,
        open_session: Callable[[Callable[[], _Shell], bytes], Awaitable[Channel]],
        wanted: bool,
        in_order: bool = False,
    ) -> None:
        self._open_session = open_session
        self._wanted = wanted
        self._in_order = in_order
        self._starting = asyncio.Lock()
        self._shell: _Shell | None = None
        self._channel: Channel | None = None
        self._wards: set[Ward] = set()
        self._unsettled = False
        self._held_back: list[bytes] = []
        self._later: asyncio.TimerHandle | None = None

    @property
    def stands(self) -> bool:
        """Whether there is a guard now."""
        return self._shell is not None and not self._shell.closed

    @property
    def is_missing(self) -> bool:
        """Whether commands run without a guard: none is wanted, or the far side has none."""
        return not self._wanted and not self.stands

    async def turn(self) -> None:
        """Wait until no other command is being started. Cancelled, it leaves the queue; else `start` is to follow."""
        await self._starting.acquire()

    async def start(self, opening: Callable[[Callable[[], None]], Awaitable[Channel]]) -> tuple[Channel, Ward | None]:
        """Open a command's channel while the guard looks on. Without a guard the ward is None.

        `opening` is to call its argument right before it asks for the command, each time that it does. Raises what
        `opening` raises. It is not to be cancelled: a command may have been started by then.
        """
        guarded = False
        loop = asyncio.get_running_loop()
        asked: list[asyncio.Future[list[int]]] = []

        def ask() -> None:
            asked.append(self._new_leaders())

        def about_to_ask() -> None:
            if guarded and asked:
                self._tell(b"x\n")  # once more: the answer to the question of the earlier try ended the waiting
            if guarded and self._in_order:
                loop.call_soon(ask)  # in this turn of the loop, right after the order

        try:
            guarded = await self._ready()
            if guarded:
                self._tell(b"x\n")
            channel = await opening(about_to_ask)
        except BaseException:
            unclear = Ward(self) if guarded and asked else None
            self._go_on(unclear, guarded, asked)
            if unclear is not None:  # the server may have started it all the same (see starts.py)
                unclear.kill()
            raise
        ward = Ward(self) if guarded else None
        self._go_on(ward, guarded, asked)
        return channel, ward

    def renounce(self) -> None:
        """Start no guard: each session would run something else than what is asked for."""
        self._wanted = False

    def give_way(self) -> bool:
        """End the guard for good, if there is one and it watches nothing: a server may allow a single session."""
        if self._shell is None or self._channel is None or self._shell.closed or self._wards:
            return False
        self._wanted = False
        self._shell.closed = True
        self._channel.abort()
        return True

    def unsettle(self) -> None:
        """A command has ended, which the guard has not heard yet."""
        self._unsettled = True

    def release(self, ward: Ward, request: bytes, leaders: list[int]) -> None:
        """The command of a ward has ended (request e), or is to be ended (k)."""
        self._wards.discard(ward)
        self._unsettled = True
        self._held_back += [b"%s %d\n" % (request, leader) for leader in leaders]
        if request == b"k":
            if self._shell is not None and self.stands:
                self._shell.dying |= dict.fromkeys(leaders, ward)
            if not leaders or not self.stands:
                ward.give_word(LastWord.NONE)
            self._tell(b"")
        elif self._later is None:  # the next command is likely to say something anyway, and a packet costs 0.06 ms
            self._later = asyncio.get_running_loop().call_later(HOLD_BACK, self._tell, b"")

    async def settle(self) -> None:
        """Wait until the guard has heard of every command that has ended: what these left behind goes on. sshd forgets
        what it has not passed on yet when a connection is closed."""
        while self._unsettled and self.stands:
            self._unsettled = False
            await self._new_leaders()
            await asyncio.sleep(0)  # what was waiting for an earlier answer is told now

    async def _ready(self) -> bool:
        """Start the guard where none stands. False: the far side has none."""
        if self.stands:
            return True
        if not self._wanted:
            return False
        self._wanted = False  # until it has come: where it does not, it is not tried again
        shell = _Shell()
        try:
            channel = await self._open_session(lambda: shell, LINE)
        except TransportError:
            return False
        try:
            async with asyncio.timeout(START_LIMIT):
                _write(channel, b"\n")
                if await shell.word:
                    _write(channel, script())
                    self._wanted = await shell.guarding
        except TimeoutError:
            shell.closed = True
        if not self._wanted:
            channel.abort()
            return False
        self._shell, self._channel = shell, channel
        self._tell(b"".join(b"w %d\n" % leader for leader in self._running()))  # an earlier guard's
        return True

    def _running(self) -> list[int]:
        known = (ward.leaders.result() for ward in self._wards if ward.leaders.done())
        return [leader for leaders in known for leader in leaders]

    def _go_on(self, ward: Ward | None, guarded: bool, asked: list[asyncio.Future[list[int]]]) -> None:
        """Let the next command start, once it is known which process this one is. `asked`: what was asked already."""
        if not guarded or not self.stands:
            if ward is not None:
                ward.leaders.set_result([])
            self._starting.release()
            return
        if ward is not None:
            self._wards.add(ward)

        answers = asked or [self._new_leaders()]

        def known(_last: asyncio.Future[list[int]]) -> None:
            if ward is not None:
                ward.leaders.set_result([leader for answer in answers for leader in answer.result()])
            self._starting.release()

        answers[-1].add_done_callback(known)  # they come in their order

    def _new_leaders(self) -> asyncio.Future[list[int]]:
        answer: asyncio.Future[list[int]] = asyncio.get_running_loop().create_future()
        if self._shell is None or self._shell.closed:
            answer.set_result([])
        else:
            self._shell.answers.append(answer)
            self._tell(b"n\n")
        return answer

    def _tell(self, request: bytes) -> None:
        """Write a request, and before it those that were held back."""
        if self._later is not None:
            self._later.cancel()
            self._later = None
        requests = b"".join([*self._held_back, request])
        self._held_back.clear()
        if requests and self.stands and self._channel is not None:
            _write(self._channel, requests)


def _settle(answer: asyncio.Future[list[int]], leaders: list[int]) -> None:
    if not answer.done():  # the one that waited may have been cancelled
        answer.set_result(leaders)


def _write(channel: Channel, data: bytes) -> None:
    if not channel.is_closing():
        channel.write(data)
