"""Bytes of a terminal, sent to an application that has none."""

from __future__ import annotations

import asyncio
from codecs import getincrementaldecoder

from textual.app import App

from atp_tui.model.questions import KeyQuestion, PasswordQuestion
from atp_tui.ui.driver import _Parser
from atp_tui.ui.type_ahead import TypeAheadApp

CHANGED_KEY = KeyQuestion("kvm01", "192.0.2.2", "SHA256:x", "ssh-rsa AAAA", changed=True)
WANTED = PasswordQuestion("kvm01", "192.0.2.2:16514", "admin", refused=False, uri="qemu+tls://192.0.2.2/system")


class Keyboard:
    """Sends bytes to an application as its driver would: through the parser of the terminal's sequences."""

    def __init__(self, app: App[object]) -> None:
        self._app = app
        self._parser = _Parser()
        self._decode = getincrementaldecoder("utf-8")().decode

    def send(self, data: bytes) -> None:
        driver = self._app._driver
        assert driver is not None
        text = self._decode(data)
        for message in self._parser.feed(text) if text else ():
            driver.process_message(message)

    def click(self, x: int, y: int, times: int = 1) -> None:
        """Press and release the left button in this cell, counted from 0, all of it in one read."""
        place = f"0;{x + 1};{y + 1}"
        self.send(f"\x1b[<{place}M\x1b[<{place}m".encode() * times)

    async def done(self) -> None:
        """Wait until all of it has been handled."""
        app = self._app
        assert isinstance(app, TypeAheadApp)
        async with asyncio.timeout(60):
            for _ in range(20):  # the driver's messages come by the loop: callback, task, the application's queue
                await asyncio.sleep(0)
            await app.all_keys_done()
