"""The view of what has happened in the fleet."""

from __future__ import annotations

from typing import Any

from textual import on
from textual.app import ComposeResult

from ...places import Place
from ...text import safe
from ...widgets.lines import LinesView
from ..view import Pointed, View, ViewServices
from .log import EventLog


class EventsView(View):
    """One list; Enter on a line goes to its host."""

    def __init__(self, given: ViewServices) -> None:
        super().__init__(id="events-view")
        self._fleet = given.fleet
        self._tell = given.tell
        self.events = EventLog(given.fleet, glyphs=given.glyphs, id="events")

    def compose(self) -> ComposeResult:
        yield self.events

    def look(self, described: bool) -> None:
        self.events.look()

    @property
    def list(self) -> LinesView[Any]:
        return self.events

    def take_focus(self) -> None:
        self.events.focus()

    @property
    def pointed(self) -> Pointed:
        return Pointed(cursor=self._fleet.known(self.events.hosts))

    @property
    def filter(self) -> str:
        return self.events.asked.filter

    def search(self, text: str) -> None:
        self.events.search(text)

    @on(EventLog.Highlighted)
    def _moved(self) -> None:
        self.post_message(self.Moved())

    @on(EventLog.HostOpened)
    def _host_opened(self, message: EventLog.HostOpened) -> None:
        if self._fleet.known((message.host_id,)):
            self.post_message(self.PlaceRequested(Place("fleet", message.host_id)))
        else:
            self._tell(f"{safe(message.host_id)} is not there any more", True)
