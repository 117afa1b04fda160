"""Keys that come in one go: each acts in the order in which it came, in every input."""

from __future__ import annotations

import asyncio
import random
from codecs import getincrementaldecoder
from pathlib import Path

import pytest
from textual.app import App
from textual.message import Message

from atp_tui.ui.app import AtpApp
from atp_tui.ui.driver import _Parser
from atp_tui.ui.history import History
from atp_tui.ui.messages import RunRequested
from atp_tui.ui.type_ahead import TypeAheadApp

from .conftest import Opened
from .fleet_services import FleetServices, rack
from .line_editor import LineEditor, burst, chunks


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

    async def done(self) -> None:
        """Wait until all of it has been handled."""
        app = self._app
        assert isinstance(app, TypeAheadApp)
        async with asyncio.timeout(60):
            for _ in range(20):  # the driver's messages come by the loop: callback, task, the application's queue
                await asyncio.sleep(0)
            await app.all_keys_done()


@pytest.mark.parametrize("seed", range(8))
async def test_random_bursts_do_what_a_plain_line_editor_does(seed: int, tmp_path: Path) -> None:
    """250 bursts a seed, of which also what was run is compared, and the history on disk."""
    chance = random.Random(seed)
    ran: list[str] = []

    def hear(message: Message) -> None:
        if isinstance(message, RunRequested) and message not in heard:
            heard.append(message)
            ran.append(message.line)

    heard: list[RunRequested] = []
    fakes = FleetServices(rack(2), tmp_path / "history")
    app = AtpApp(fakes.services)
    editor = LineEditor()
    async with app.run_test(size=(100, 30), message_hook=hear) as pilot:
        opened = Opened(pilot, fakes)
        await opened.until(lambda: "started" in fakes.life)
        await opened.press("exclamation_mark")
        keyboard = Keyboard(app)
        for number in range(250):
            sent = burst(chance, editor, chance.choice((2, 4, 8, 8, 25)))
            for chunk in chunks(chance, sent.encode()):
                keyboard.send(chunk)
                for _ in range(chance.choice((0, 1, 2, 5))):
                    await asyncio.sleep(0)
            await keyboard.done()
            line = opened.screen.pane.line
            assert (line.value, line.cursor_position, ran) == (editor.text, editor.at, editor.ran), (number, sent)
            heard.clear()
    assert list(History(tmp_path / "history").lines) == list(editor.history.lines)
