"""Random bursts of keys that move the focus: each key acts where the one before has led."""

from __future__ import annotations

import asyncio
import random

import pytest
from textual.message import Message

from atp_tui.ui.app import AtpApp
from atp_tui.ui.messages import CommandLineRequested
from atp_tui.ui.widgets.command_pane import Mode

from .conftest import Opened
from .fleet_services import FleetServices
from .keyboard import Keyboard
from .line_editor import chunks

pytestmark = pytest.mark.usefixtures("unpainted")


@pytest.mark.parametrize("seed", range(5))
async def test_keys_follow_a_moving_focus_through_any_journey_in_one_burst(fakes: FleetServices, seed: int) -> None:
    """Into the command line and out of it, filters and `:` commands, with text that is full of the tree's own keys."""
    chance = random.Random(seed)
    entered: list[Message] = []

    def hear(message: Message) -> None:
        if isinstance(message, CommandLineRequested) and not any(message is other for other in entered):
            entered.append(message)

    app = AtpApp(fakes.services)
    async with app.run_test(size=(100, 30), message_hook=hear) as pilot:
        opened = Opened(pilot, fakes)
        await opened.until(lambda: "started" in fakes.life and opened.hosts.has_focus)
        keyboard = Keyboard(app)
        draft, kept, names = "", "", list[str]()
        for _ in range(30):
            sent = ""
            for _ in range(chance.randint(1, 6)):
                text = "".join(chance.choices("qtr?aujkKP!s ", k=chance.randint(1, 8)))
                match chance.choice("rfcm"):
                    case "r":
                        draft = text
                        sent += f"!\x15{text}\x03"  # Ctrl+C leaves the line, and what stands in it is kept
                    case "f":
                        kept = text
                        sent += f"/\x15{text}\r"
                    case "c":
                        names.append("no" + text.replace(" ", ""))
                        sent += f":{names[-1]}\r"
                    case _:
                        sent += "jjkk"
            for chunk in chunks(chance, sent.encode()):
                keyboard.send(chunk)
                await asyncio.sleep(0)
            await keyboard.done()
            pane = opened.screen.pane
            assert opened.hosts.has_focus and opened.screen.pane.line.value == draft
            assert (pane.mode, opened.hosts.asked.filter) == (Mode.RUN, kept)
            assert [each.name for each in entered if isinstance(each, CommandLineRequested)] == names
