"""What is written to the terminal, by a thread of its own: a terminal that takes nothing must not stop the program.

Textual's own writer holds 30 pieces, and then its event loop waits, heartbeats and all. A terminal takes nothing while
its window is frozen, while tmux is in another mode, or while the network under an SSH session hangs.
"""

from __future__ import annotations

import os
import termios
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress

BACKLOG = 128 * 1024
"""Characters that may wait; a frame of 200 by 60 has some 40,000. What comes on top is not kept."""

PATIENCE = 0.5
"""Seconds that the end waits for a terminal to take all frames, and then for it to take the last words alone."""

PIECE = 4096
"""Bytes of one write: the rest of a frame that is given up is not written."""


class Output(threading.Thread):
    """Writes text to a terminal. `write` never waits: when too much is waiting already, text is dropped until all that
    waits has been written, and then `caught_up` is called (on this thread): the whole screen must be painted again.

    Nearly all text is frames; what else is dropped with them is a bell, or a copy to the clipboard.
    """

    def __init__(self, descriptor: int, encoding: str, caught_up: Callable[[], object]) -> None:
        super().__init__(name="terminal-output", daemon=True)
        self._descriptor = descriptor
        self._encoding = encoding
        self._caught_up = caught_up
        self._changed = threading.Condition()
        self._frames: deque[str] = deque()
        self._size = 0
        self._dropping = False
        self._leaving = False
        self._last_words: deque[str] = deque()
        self._in_frame = False
        self._given_up = False
        self._ended = False

    def write(self, text: str) -> None:
        """Text to be written after all that came before it."""
        with self._changed:
            if self._ended:
                return  # the terminal is given back
            if self._leaving:
                self._last_words.append(text)
            elif self._dropping or self._size > BACKLOG:
                self._dropping = True
            else:
                self._frames.append(text)
                self._size += len(text)
            self._changed.notify()

    def last_words(self) -> None:
        """What is written from here on must arrive, whatever becomes of what waits."""
        with self._changed:
            self._leaving = True

    def stop(self) -> None:
        """Write what waits, and end. Takes 2 × PATIENCE at most."""
        if self.ident is None:  # this machine had no thread for it
            return
        with self._changed:
            self._ended = True
            self._changed.notify()
        self.join(PATIENCE)
        end = time.monotonic() + PATIENCE
        while self.is_alive() and time.monotonic() < end:
            self._give_frames_up()
            self.join(PATIENCE / 10)

    def run(self) -> None:
        try:
            while (text := self._next()) is not None:
                data = memoryview(text.encode(self._encoding, "backslashreplace"))
                while data and not (self._given_up and self._in_frame):
                    data = data[os.write(self._descriptor, data[:PIECE]) :]
        except OSError:  # the terminal has gone: others notice that, and end the program
            with self._changed:
                self._frames.clear()
                self._dropping = True

    def _next(self) -> str | None:
        """The next text; None at the end."""
        with self._changed:
            self._in_frame = False
            if self._dropping and not self._frames:
                self._dropping = False
                self._caught_up()
            while not (self._frames or self._last_words):
                if self._ended:
                    return None
                self._changed.wait()
            if not self._frames:
                return self._last_words.popleft()
            self._in_frame = True
            text = self._frames.popleft()
            self._size -= len(text)
            return text

    def _give_frames_up(self) -> None:
        """Make room for the last words in the terminal's own buffer, which is full of frames that nobody has read."""
        with self._changed:  # so that no last word is begun meanwhile, and thrown away
            self._frames.clear()
            self._given_up = True
            if self._in_frame:
                with suppress(termios.error):
                    termios.tcflush(self._descriptor, termios.TCOFLUSH)
                    # the flush alone wakes no writer, off and on does
                    termios.tcflow(self._descriptor, termios.TCOOFF)
                    termios.tcflow(self._descriptor, termios.TCOON)
