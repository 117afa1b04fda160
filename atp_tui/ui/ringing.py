"""Rings on the terminal of the screen as a long job ends."""

from __future__ import annotations

import os
from collections.abc import Callable

from textual.app import App

from ..model.ring import JobsSettings, sent


class Ringing:
    """`app` gives the application, whose driver writes to the terminal in its turn, between two frames."""

    def __init__(self, settings: JobsSettings, app: Callable[[], App[object]]) -> None:
        self._settings = settings
        self._app = app

    def ended(self, number: int, hosts: int, lasted: float, *, wrong: bool) -> None:
        """A job has ended; `lasted` is in seconds."""
        if not self._settings.rings(lasted):
            return
        how = "something went wrong" if wrong else "all went well"
        words = f"atp-tui: job {number} on {hosts} host{'s' * (hosts != 1)} has ended: {how}"
        self.write(sent(self._settings.ring, words, tmux=bool(os.environ.get("TMUX"))))

    def write(self, text: str) -> None:
        """To the terminal, as a copy to its clipboard is (App.copy_to_clipboard)."""
        driver = self._app()._driver
        if driver is not None:
            driver.write(text)
