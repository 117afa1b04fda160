"""What comes of a session that runs a script of ours: its events before the command begins, and then its output."""

from __future__ import annotations

import asyncio
import re
from dataclasses import field

from ....model.data_class import dataclass
from ....model.errors import SudoFailed
from ....model.message import told
from ....model.outcome import OutputSink, Stream
from ....model.say import Say

MOST_SAID = 64 << 10
"""Bytes of standard error before the command begins that are looked at: a lecture, and what start-up files say."""


MOST_EARLY = 4 << 20
"""Bytes of standard output that may come before it is known that the command begins: a channel's window is 2 MiB."""

MOST_EVENTS = 32
"""Events of one session that nobody has looked at yet: a script of ours has fewer."""


@dataclass(frozen=True, slots=True)
class Asked:
    """sudo waits for the password of a user, in that place of the script. `said` is what came since the last event."""

    place: int
    user: str
    said: str = field(default="", compare=False)


class Hearing:
    """An OutputSink. `next` gives what happens before the command begins: Asked, or a sign of `script`.

    `said` is what sudo has said before it. Nothing of that is the command's output, and nothing of the command's is
    looked at. It raises SudoFailed where the host `name` says too much before that.
    """

    def __init__(self, name: str, token: str, output: OutputSink) -> None:
        self._name = name
        self._output = output
        self._mark = re.compile(re.escape(token.encode()) + rb"(?:([!+=])|\?(\d)\?([^?]{0,256})\?)")
        self._events: asyncio.Queue[Asked | str] = asyncio.Queue()
        self._rest = self._early = b""
        self.said = b""
        self.begun = False

    def __call__(self, stream: Stream, data: bytes) -> asyncio.Future[None] | None:
        if self.begun:
            return self._output(stream, data)
        if stream == "stdout":  # the sign of the beginning goes another way, and may be later than what follows it
            self._early += data
            if len(self._early) > MOST_EARLY:
                raise SudoFailed(told(Say.SUDO_NO_SHELL, host=self._name), host=self._name)
            return None
        self._rest += data
        while (found := self._mark.search(self._rest)) is not None:
            said, self._rest = self._rest[: found.start()], self._rest[found.end() :]
            self._hear(said)
            if self._events.qsize() >= MOST_EVENTS:
                raise SudoFailed(told(Say.SUDO_NO_SHELL, host=self._name), host=self._name)
            if found[1] is None:
                user, words = found[3].decode("utf-8", "replace"), said.decode("utf-8", "replace")
                self._events.put_nowait(Asked(int(found[2]), user, words))
                continue
            self._events.put_nowait(found[1].decode())
            if found[1] == b"!":
                return self.begin()
        if len(self._rest) > MOST_SAID:
            self._hear(self._rest)
            self._rest = b""
        return None

    def begin(self) -> asyncio.Future[None] | None:
        """All that comes from here on is the command's."""
        self.begun = True
        early, self._early = self._early, b""
        rest, self._rest = self._rest, b""
        room = self._output("stdout", early) if early else None
        return (self._output("stderr", rest) if rest else None) or room

    def end(self) -> str:
        """What was said, once nothing comes any more."""
        self._hear(self._rest)
        self._rest = b""
        return self.said.decode("utf-8", "replace")

    async def next(self) -> Asked | str:
        """What happens next."""
        return await self._events.get()

    def _hear(self, said: bytes) -> None:
        self.said = (self.said + said)[-MOST_SAID:]
