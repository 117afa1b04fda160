"""What the mouse must not do."""

from __future__ import annotations

import pytest

from atp_tui.ui.app import AtpApp

from .conftest import open_app
from .fleet_services import FleetServices
from .keyboard import Keyboard


async def test_clicks_where_a_message_has_just_gone_do_not_end_the_program(
    fakes: FleetServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AtpApp, "NOTIFICATION_TIMEOUT", 600)
    async with open_app(fakes) as opened:
        keyboard = Keyboard(opened.app)
        keyboard.send(b"!\x1b[200~echo a\necho b\x1b[201~")
        await keyboard.done()
        await opened.until(lambda: opened.has("2 lines were pasted"))
        row = next(row for row, line in enumerate(opened.lines()) if "2 lines were pasted" in line)
        keyboard.click(opened.lines()[row].index("2 lines"), row, times=3)  # the first takes it away
        await keyboard.done()
        opened.hosts.focus()  # a click that came later than the message went there was one on what lies below
        await opened.pilot.pause()
        keyboard.send(b"!echo c")
        await keyboard.done()
        assert opened.screen.pane.line.value == "echo c"
        await opened.until(lambda: not opened.has("2 lines were pasted"))
