"""The view of what was said in the line at the bottom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..spec import ViewSpec

if TYPE_CHECKING:
    from ..view import View, ViewServices


def _make(services: ViewServices) -> View:
    from .view import MessagesView

    return MessagesView(services)


MESSAGES = ViewSpec("messages", "messages", "m", "what was said in the line at the bottom, with its time", _make)
