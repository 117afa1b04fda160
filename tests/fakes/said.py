"""What messages say, for tests that compare words."""

from __future__ import annotations

from atp_tui.model.message import Message


def said(message: Message | None) -> str | None:
    """The English sentence; None for none."""
    return None if message is None else str(message)
