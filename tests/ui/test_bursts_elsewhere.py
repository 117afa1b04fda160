"""Random bursts of keys in every input but the command line."""

from __future__ import annotations

import asyncio
import random

import pytest
from textual.widgets import Input

from .conftest import open_app
from .fleet_services import FleetServices, rack
from .keyboard import CHANGED_KEY as KEY
from .keyboard import WANTED, Keyboard
from .line_editor import LineEditor, burst, chunks

LEADS_ELSEWHERE = ("enter", "older", "newer")

pytestmark = pytest.mark.usefixtures("unpainted")


@pytest.mark.parametrize(
    ("opened_by", "without"),
    [("/", ()), (":", ("right",)), ("\x10", ()), ("K", ()), ("P", ())],  # in `:` the right one completes
    ids=["filter", "command", "palette", "changed key", "password"],
)
async def test_random_bursts_in_the_other_inputs(opened_by: str, without: tuple[str, ...]) -> None:
    fakes = FleetServices(rack(3))
    fakes.questions["kvm01"] = KEY
    fakes.wanted["kvm01"] = WANTED
    chance = random.Random(opened_by)
    async with open_app(fakes) as opened:
        keyboard = Keyboard(opened.app)
        keyboard.send(opened_by.encode())
        await keyboard.done()
        if opened_by in "KP":
            await opened.read()
        line = opened.app.focused
        assert isinstance(line, Input)
        editor = LineEditor(hidden=opened_by == "P")
        for number in range(60):
            sent = burst(chance, editor, chance.choice((4, 8, 20)), without=(*LEADS_ELSEWHERE, *without))
            for chunk in chunks(chance, sent.encode()):
                keyboard.send(chunk)
                await asyncio.sleep(0)
            await keyboard.done()
            assert opened.app.focused is line
            assert (line.value, line.cursor_position) == (editor.text, editor.at), (number, sent)
