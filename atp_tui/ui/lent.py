"""The screen makes room for a session that has the terminal, and comes back however that ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from textual.app import App, SuspendNotSupported

from ..model.errors import ActionFailed
from ..model.message import told
from ..model.say import Say
from ..model.text import Printed, printed, safe


@contextmanager
def lent(app: App[object], host: str) -> Iterator[Printed]:
    """The terminal without the screen, while the block runs; what is to be said there first. The event loop goes on.

    Raises ActionFailed where it cannot be had. A cancel leaves the screen away: the program ends.
    """
    failed: Exception | None = None
    try:
        with app.suspend():  # which would not take the terminal back after an error
            try:
                yield printed(
                    [safe(f"shell on {host}: exit, or ~. at the beginning of a line, comes back (~? tells more)")]
                )
            except Exception as error:  # noqa: BLE001 - it is raised below
                failed = error
    except SuspendNotSupported:
        raise ActionFailed(told(Say.NO_TERMINAL_HERE)) from None
    if failed is not None:
        raise failed
