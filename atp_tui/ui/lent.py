"""The screen makes room for a session that has the terminal, and comes back however that ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from textual.app import SuspendNotSupported

from ..model.errors import ActionFailed
from ..model.message import told
from ..model.say import Say
from ..model.text import Printed, printed, safe
from .themed_app import ThemedApp


@contextmanager
def lent(app: ThemedApp, give_back: Callable[[], object], host: str) -> Iterator[Printed]:
    """The terminal without the screen, while the block runs; what is to be said there first. The event loop goes on.
    `give_back` is what the end of a program that hangs does for a terminal that is lent.

    Raises ActionFailed where it cannot be had. A cancel leaves the screen away: the program ends.
    """
    failed: Exception | None = None
    app.leaving.lent = give_back
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
    finally:
        app.leaving.lent = None
    if failed is not None:
        raise failed
