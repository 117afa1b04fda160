"""Rings on the terminal of the screen as a long job ends, and runs the command that `[jobs]` has for it."""

from __future__ import annotations

import os
from collections.abc import Callable, Coroutine, Mapping

from textual.app import App

from ..model.outcome import Outcome
from ..model.ring import JobsSettings, facts_of, sent
from .services import RunRing


class Ringing:
    """`app` gives the application, whose driver writes to the terminal in its turn, between two frames. `run` runs the
    command; its failure is told by `tell` once, until it goes well again."""

    def __init__(
        self,
        settings: JobsSettings,
        app: Callable[[], App[object]],
        run: RunRing | None = None,
        tell: Callable[[str], object] = lambda _: None,
    ) -> None:
        self._settings = settings
        self._app = app
        self._run = run
        self._tell = tell
        self._failed = False

    def ended(
        self, number: int, counts: Mapping[Outcome, int], lasted: float, *, wrong: bool, stopped: bool, cancelled: bool
    ) -> Coroutine[None, None, None] | None:
        """A job has ended, its hosts as in `counts`, after `lasted` seconds; what runs the command, if it is wanted."""
        if not self._settings.rings(lasted):
            return None
        hosts = sum(counts.values())
        how = "something went wrong" if wrong else "all went well"
        words = f"atp-tui: job {number} on {hosts} host{'s' * (hosts != 1)} has ended: {how}"
        self.write(sent(self._settings.ring, words, tmux=bool(os.environ.get("TMUX"))))
        run, facts = self._run, facts_of(number, counts, lasted, stopped=stopped, cancelled=cancelled)
        if run is None:
            return None

        async def command() -> None:
            failed = await run(facts)
            if failed and not self._failed:
                self._tell(f"the ring_command of [jobs] fails: {failed}")
            self._failed = bool(failed)

        return command()

    def write(self, text: str) -> None:
        """To the terminal, as a copy to its clipboard is (App.copy_to_clipboard)."""
        driver = self._app()._driver
        if driver is not None and text:
            driver.write(text)
