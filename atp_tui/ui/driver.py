"""Textual's driver of the terminal, but for what a program that is left open all day cannot have."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress

from textual.drivers.linux_driver import LinuxDriver

from .output import Output


class Driver(LinuxDriver):
    """Its output never waits for the terminal."""

    _output: Output | None = None

    def start_application_mode(self) -> None:
        loop = asyncio.get_running_loop()

        def caught_up() -> None:
            with suppress(RuntimeError):  # the loop is closed: nobody paints any more
                loop.call_soon_threadsafe(self._app.refresh)

        error = sys.__stderr__
        assert error is not None, "there is no screen without a terminal"
        self._output = Output(error.fileno(), error.encoding, caught_up)
        self._output.start()
        super().start_application_mode()  # type: ignore[no-untyped-call]

    def write(self, data: str) -> None:
        assert self._output is not None, "written to before it was started"
        self._output.write(data)

    def stop_application_mode(self) -> None:
        if self._output is not None:
            self._output.last_words()
        super().stop_application_mode()

    def close(self) -> None:
        if self._output is not None:
            self._output.stop()
        super().close()
