"""The near end of a session: the real terminal, which acts on nothing meanwhile and is as before at the end."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import termios
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from ...model.outcome import Stream
from ...model.shell import Pty
from ...model.text import Printed
from ...transport.driver import FarShell
from . import settings
from .escapes import HELP, Escape, Escapes
from .left_on import LeftOn

PIECE = 64 << 10
"""Bytes of one read."""

MOST_WAITING = 64 << 10
"""Bytes for a terminal that takes none, after which the far side is held up."""

MOST_UNSENT = 1 << 20
"""Bytes that are read for a far side that takes none. Until then `~.` is heard all the same."""

LAST_WORDS = 0.5
"""Seconds that a terminal which stands still has for what gives it back."""


class NearTerminal:
    """transport.driver.NearShell. `read` and `write` are descriptors of the terminal, which may be the same."""

    def __init__(self, read: int = 0, write: int = 1, type: str = "dumb") -> None:
        self._given = (read, write)
        self._type = type
        self._loop = asyncio.get_running_loop()
        self._escapes = Escapes()
        self._left_on = LeftOn()
        self._waiting: deque[bytes] = deque()
        self._waits = 0
        self._room: asyncio.Future[None] | None = None
        self._far: FarShell | None = None
        self._reads = False
        self._unsent: int | None = None
        self._at_beginning = True
        self._taken = False

    @property
    def pty(self) -> Pty:
        """The terminal that the far side is to make. Raises termios.error."""
        return Pty(self._type, settings.size(self._given[0]), settings.told(termios.tcgetattr(self._given[0])))

    @contextmanager
    def taken(self, words: Printed | None = None) -> Iterator[None]:
        """Have the terminal while the block runs, and say these lines first. Raises OSError, termios.error."""
        self._before = termios.tcgetattr(self._given[0])
        self._in, self._out = _own(self._given[0], os.O_RDONLY), _own(self._given[1], os.O_WRONLY)
        before = {signal.SIGWINCH: signal.signal(signal.SIGWINCH, self._resized)}
        # stopped, this program would leave a raw terminal to whatever comes next; Ctrl+Z is the far side's anyway
        before[signal.SIGTSTP] = signal.signal(signal.SIGTSTP, lambda *_: None)  # a program started now ignores none
        try:
            termios.tcsetattr(self._in, termios.TCSADRAIN, settings.raw(self._before))
            self._taken = True
            self._put((words or "").replace("\n", "\r\n").encode(errors="replace"))
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            self._stop_reading()
            self._loop.remove_writer(self._out)
            self.give_back()
            self._wake()
            os.close(self._in)
            os.close(self._out)

    def give_back(self) -> None:
        """Have the terminal as it was before. Waits for no event loop, nor long for a terminal that stands still."""
        if not self._taken:
            return
        self._taken = False
        rest, limit = b"".join([*self._waiting, self._left_on.undo(), b"" if self._at_beginning else b"\r\n"]), None
        self._waiting.clear()
        while rest and (limit is None or limit > time.monotonic()):
            limit = limit or time.monotonic() + LAST_WORDS
            rest = rest[self._write(rest) :]
            if rest:
                select.select([], [self._out], [], LAST_WORDS)
        with suppress(termios.error):  # the terminal has gone
            when = termios.TCSAFLUSH if self._left_on.speaks else termios.TCSADRAIN if not rest else termios.TCSANOW
            termios.tcsetattr(self._in, when, self._before)

    # -- what the far end does -----------------------------------------------------------------------------------

    def begun(self, far: FarShell) -> None:
        self._far = far
        self._start_reading()
        self._tell_size()  # it may have changed while the session was opened

    def output(self, stream: Stream, data: bytes) -> asyncio.Future[None] | None:
        self._left_on.feed(data)
        self._at_beginning = data.endswith(b"\n") if data else self._at_beginning
        return self._put(data)

    def pause_writing(self) -> None:
        self._unsent = 0

    def resume_writing(self) -> None:
        self._unsent = None
        self._start_reading()

    # -- what the person does ------------------------------------------------------------------------------------

    def _resized(self, number: int, frame: FrameType | None) -> None:
        self._loop.call_soon_threadsafe(self._tell_size)

    def _tell_size(self) -> None:
        if self._far is not None and self._taken:
            size = settings.size(self._given[0])
            self._left_on.rows = size.rows
            self._far.resize(size)

    def _start_reading(self) -> None:
        if not self._reads and self._taken and self._far is not None:
            self._reads = True
            self._loop.add_reader(self._in, self._typed)

    def _stop_reading(self) -> None:
        if self._reads:
            self._reads = False
            self._loop.remove_reader(self._in)

    def _typed(self) -> None:
        assert self._far is not None
        try:
            data = os.read(self._in, PIECE)
        except BlockingIOError:
            return
        except OSError:  # hung up
            data = b""
        if not data:
            self._stop_reading()
            self._far.leave()
            return
        sent, asked = self._escapes.feed(data)
        if sent:
            self._far.write(sent)
        if self._unsent is not None:
            self._unsent += len(sent)
            if self._unsent > MOST_UNSENT:
                self._stop_reading()
        for each in asked:
            if each is Escape.HELP:
                self._put("".join(f"\r\n{line}" for line in HELP).encode() + b"\r\n")
            else:
                self._stop_reading()
                self._far.leave()

    # -- what is written -----------------------------------------------------------------------------------------

    def _put(self, data: bytes) -> asyncio.Future[None] | None:
        if not self._taken:
            return None
        if not self._waiting:
            data = data[self._write(data) :]
            if not data:
                return None
            self._loop.add_writer(self._out, self._go_on)
        self._waiting.append(data)
        self._waits += len(data)
        if self._waits <= MOST_WAITING:
            return None
        if self._room is None or self._room.done():
            self._room = self._loop.create_future()
        return self._room

    def _go_on(self) -> None:
        while self._waiting:
            data = self._waiting.popleft()
            done = self._write(data)
            self._waits -= done
            if done < len(data):
                self._waiting.appendleft(data[done:])
                break
        else:
            self._loop.remove_writer(self._out)
        if self._waits <= MOST_WAITING:
            self._wake()

    def _wake(self) -> None:
        if self._room is not None and not self._room.done():
            self._room.set_result(None)

    def _write(self, data: bytes) -> int:
        """Write what the terminal takes now; the number of bytes. One that has gone takes all."""
        try:
            return os.write(self._out, data)
        except BlockingIOError:
            return 0
        except OSError:
            return len(data)


def _own(descriptor: int, flags: int) -> int:
    """A descriptor of the same terminal that never waits: to have the given one so would be to change it for the shell,
    too. Where the terminal cannot be opened once more (a user that was changed to by su), it is one that waits."""
    with suppress(OSError):
        return os.open(os.ttyname(descriptor), flags | os.O_NOCTTY | os.O_NONBLOCK)
    return os.dup(descriptor)
