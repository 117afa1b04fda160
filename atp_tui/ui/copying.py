"""Copies to the clipboard of the terminal, by OSC 52."""

from __future__ import annotations

import os

from textual.app import App

from .driver import SILENT

NOT_COPIED = "this terminal takes no copies"


def copied(app: App[object], text: str) -> bool:
    """Ask the terminal to keep a text, which a paste of the application gives back in any case. False where it is known
    to take none. None of the others says whether it did."""
    app.copy_to_clipboard(text)
    return app.is_headless or os.environ.get("TERM") not in SILENT
