"""Textual's driver of the terminal, but for what a program that is left open all day cannot have: see each class."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import sys
import termios
import time
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterable
from contextlib import suppress
from math import ceil
from typing import Any

from textual import constants
from textual._parser import Read1
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from .ground import ASK, FOLLOW, LEAVE, Answers
from .output import Output

LONE_ESCAPE = constants.ESCAPE_DELAY if "ESCDELAY" in os.environ else 0.03
"""Seconds after which Esc is the key and not the beginning of another key's sequence. Textual's 0.1 can be felt."""

ONE_TICK = 0.0005
"""Seconds between a SIGCONT and a SIGTSTP that are taken for one look at signals. Of two that came while Python was in
a long call it handles the lower number first, SIGCONT. To stop then would be for good: nobody continues it again."""

SILENT = ("linux", "dumb")
"""Terminals that are asked nothing: the console of Linux has no answer, and old ones show the question."""

LOOK_AROUND = 0.1
"""Seconds without a key after which the reader looks whether it should end."""


class Driver(LinuxDriver):
    """Its output never waits for the terminal, Esc does its work at once, and a byte that is not UTF-8 is a key that
    means nothing, where Textual ends the program."""

    _output: Output | None = None
    _started = False
    _suspended = False
    _to_stop = False
    _taken = False
    _given_back = False
    _continued_at = float("-inf")

    def __init__(self, app: App[Any], **settings: Any) -> None:
        """`settings` are those of Textual's driver."""
        self._loop = asyncio.get_running_loop()
        self._answers = Answers(lambda dark: self._soon(lambda: self.ground_is(dark)))
        self._follows_ground = False
        self.ground_is: Callable[[bool], object] = lambda dark: None
        """Hears on the event loop whether the terminal's ground is dark, once it was asked and when that changes."""
        super().__init__(app, **settings)

    # Job control: its signals are noted at once, and acted on by the event loop, each to its end. Handlers that act
    # themselves, as Textual's do, interrupt each other: a SIGCONT while the terminal was being given back took it again
    # with its raw settings as those to go back to, and the shell was left with them at the end.

    def _sigtstp_application(self, *_: object) -> None:
        if time.monotonic() - self._continued_at < ONE_TICK:
            return
        self._to_stop = True
        self._soon(self._settle)

    def _sigcont_application(self, *_: object) -> None:
        self._continued_at = time.monotonic()
        self._to_stop = False  # as in the kernel, it ends a stop that has not begun
        self._soon(self._settle)

    def _settle(self) -> None:
        """Stop where that was asked for and nothing ended it meanwhile; then, or else, have the terminal again."""
        if self._to_stop:
            self.suspend_application_mode()
            self._must_signal_resume = True
            if self._to_stop:
                self._to_stop = False
                os.kill(os.getpid(), signal.SIGSTOP)  # it comes back from there when the program is continued
        if self._auto_restart:  # else an editor has the terminal: its Ctrl+Z stops us too, and `fg` is for both
            self.resume_application_mode()

    # The terminal's ground

    def follow_ground(self) -> None:
        """Ask whether the terminal is light or dark, and have it tell when that changes. Nobody waits for an answer."""
        if self.input_tty and os.environ.get("TERM") not in SILENT:
            self._follows_ground = True
            self._answers.asked()
            self.write(ASK + FOLLOW)

    # The mouse

    def turn_mouse(self, *, on: bool) -> None:
        """Have the terminal tell what the mouse does, or leave the mouse to it; so it stays after a suspend."""
        if not on:
            self._disable_mouse_support()
        self._mouse = on
        if on:
            self._enable_mouse_support()
            if self._mouse_pixels:  # a mode of its own, which the one above has ended
                self._enable_mouse_pixels()

    # Output

    def start_application_mode(self) -> None:
        if self._given_back:
            return
        error = sys.__stderr__
        assert error is not None, "there is no screen without a terminal"
        output = self._output = Output(error.fileno(), error.encoding, self._repaint)
        output.start()
        try:
            super().start_application_mode()  # type: ignore[no-untyped-call]
        except RuntimeError:  # this machine has no further thread
            self._let_go()
            raise
        self._started = self._key_thread is not None and self._key_thread.is_alive()
        self._taken = self._started
        if not self._started:  # continued in the background (`bg`), where the terminal is another program's
            output.stop()
        elif self._follows_ground:  # meanwhile it may have become another one: a multiplexer was attached elsewhere
            self.follow_ground()

    def _let_go(self) -> None:
        """Give the terminal back where it was half taken: a thread that was not started cannot be waited for."""
        if self._key_thread is not None and self._key_thread.ident is None:
            self._key_thread = None
            self.stop_application_mode()
        if self._writer_thread is not None and self._writer_thread.ident is None:
            self._writer_thread = None

    def suspend_application_mode(self) -> None:
        """For SIGTSTP, which may come before the terminal is taken, and after it was given back for good."""
        if self._started:
            self._suspended = True
            super().suspend_application_mode()

    def resume_application_mode(self) -> None:
        """For SIGCONT, which comes also where nothing was suspended: after a SIGSTOP, with the SIGHUP of a terminal
        that is lost, behind the SIGTERM of systemd or of a shell's `kill`. To start once more would leave a second
        reader of the keys, with which the program does not end, and a terminal that nobody gives back.
        """
        if self._started:
            self._repaint()
        elif self._suspended:
            super().resume_application_mode()
            self._suspended = not self._started

    def _repaint(self) -> None:
        self._soon(self._app.refresh)

    def _soon(self, act: Callable[[], object]) -> None:
        with suppress(RuntimeError):  # the loop is closed: the terminal is given back, and nobody paints any more
            self._loop.call_soon_threadsafe(act)

    def write(self, data: str) -> None:
        assert self._output is not None, "written to before it was started"
        self._output.write(data)

    def stop_application_mode(self) -> None:
        self._started = False
        if self._output is not None:
            self._output.last_words()
            self._leave_ground()
        super().stop_application_mode()
        self._taken = False

    def give_back(self) -> None:
        """Give the terminal back for good, where the application still has it. From any thread: the event loop hangs,
        and what it does with the terminal later is nothing."""
        output = self._output
        if not self._taken or output is None:
            return
        self._given_back, self._started = True, False
        self.exit_event.set()  # the reader of the keys ends
        output.last_words()
        self._leave_ground()
        self._disable_bracketed_paste()
        self._enable_line_wrap()
        self._disable_in_band_window_resize()
        self._disable_mouse_support()
        if self.attrs_before is not None:
            with suppress(termios.error):
                termios.tcsetattr(self.fileno, termios.TCSANOW, self.attrs_before)
        self.write("\x1b[<u\x1b[?1049l\x1b[?25h\x1b[?1004l")  # as stop_application_mode has it
        output.stop()

    def _leave_ground(self) -> None:
        if self._follows_ground:
            self.write(LEAVE)

    def close(self) -> None:
        if self._output is not None:
            self._output.stop()
        super().close()

    # Input

    def run_input_thread(self) -> None:
        parser = _Parser()
        decode = getincrementaldecoder("utf-8")("replace").decode
        keys = select.poll()
        keys.register(self.fileno, select.POLLIN)
        begun = False
        messages: Iterable[Message]
        while not self.exit_event.is_set():
            if not keys.poll(_milliseconds(self._answers.patience or (LONE_ESCAPE if begun else LOOK_AROUND))):
                text = self._answers.give_up()
                begun = bool(text)
                messages = parser.feed(text) if text else parser.tick()
            elif data := self._read():
                begun = True
                text = self._answers.feed(
                    decode(data)
                )  # nothing as yet of a sign that is cut; to the parser that would mean the end
                messages = parser.feed(text) if text else ()
            else:
                time.sleep(LOOK_AROUND)  # the terminal has gone, and always says so at once
                continue
            for message in messages:
                self.process_message(message)

    def _read(self) -> bytes:
        try:
            return os.read(self.fileno, 4096)
        except OSError:
            return b""


class _SoonRead(Read1):
    """A wait for the next character; one that has a limit has ours."""

    def __new__(cls, timeout: float | None = None) -> _SoonRead:
        return super().__new__(cls, None if timeout is None else LONE_ESCAPE)


class _Parser(XTermParser):
    """Never in its debug mode, in which it writes all that is typed to a file, passwords too."""

    read1 = _SoonRead

    def __init__(self) -> None:
        super().__init__(debug=False)


def _milliseconds(seconds: float) -> int:
    """For poll, which must not come back before a limit of the parser is over."""
    return ceil(1000 * seconds) + 1


def turn_mouse(app: App[Any], *, on: bool) -> None:
    """As Driver.turn_mouse; nothing where the application has no terminal."""
    if isinstance(app._driver, Driver):
        app._driver.turn_mouse(on=on)
