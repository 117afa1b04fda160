"""Random bursts of keys in the command line."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

from textual.message import Message

from atp_tui.ui.app import AtpApp
from atp_tui.ui.history import History
from atp_tui.ui.messages import RunRequested

from .conftest import Opened
from .fleet_services import FleetServices, rack
from .keyboard import Keyboard
from .line_editor import LineEditor, burst, chunks


async def play_bursts(seed: int, home: Path, size: tuple[int, int]) -> None:
    """125 random bursts into the command line against a plain line editor: the line, what was run, the history on disk.

    Each caller has a file of its own, since the files of the suite run side by side.
    """
    chance = random.Random(seed)
    ran: list[str] = []

    def hear(message: Message) -> None:
        if isinstance(message, RunRequested) and not any(message is other for other in heard):
            heard.append(message)
            ran.append(message.line)

    heard: list[RunRequested] = []
    fakes = FleetServices(rack(2), home / "history")
    app = AtpApp(fakes.services)
    editor = LineEditor()
    async with app.run_test(size=size, message_hook=hear) as pilot:
        opened = Opened(pilot, fakes)
        await opened.until(lambda: "started" in fakes.life)
        await opened.press("exclamation_mark")
        keyboard = Keyboard(app)
        for number in range(125):
            sent = burst(chance, editor, chance.choice((2, 4, 8, 8, 25)))
            for chunk in chunks(chance, sent.encode()):
                keyboard.send(chunk)
                for _ in range(chance.choice((0, 1, 2, 5))):
                    await asyncio.sleep(0)
            await keyboard.done()
            line = opened.screen.pane.line
            assert (line.value, line.cursor_position, ran) == (editor.text, editor.at, editor.ran), (number, sent)
            heard.clear()
            for job in fakes.jobs.started:
                job.cancel()
            await opened.until(lambda: not opened.screen.jobs.running)
    assert list(History(home / "history").lines) == list(editor.history.lines)
