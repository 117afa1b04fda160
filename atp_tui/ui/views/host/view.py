"""The view of a single host: the panel of the fleet's view, with the room of the whole screen."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult

from ...held_words import held_words
from ...places import Place
from ...text import safe
from ...widgets.domain_list import DomainList
from ...widgets.host_panel import HostPanel, PanelSnapshot
from ...widgets.panel_events import last_events
from ..view import Pointed, View, ViewServices


class HostView(View):
    """Commands go to its host."""

    def __init__(self, given: ViewServices) -> None:
        super().__init__(id="host")
        self._fleet = given.fleet
        self._period = given.services.period
        self._host = ""
        self.panel = HostPanel(clock=self._fleet.now, glyphs=given.glyphs, id="host-panel")

    def compose(self) -> ComposeResult:
        yield self.panel

    def open(self, subject: str) -> None:
        self._host = subject
        self.panel.empty = f"{safe(subject)} is no host of the fleet any more."
        self._fleet.looked_at(subject)

    def look(self, described: bool) -> None:
        detail, happened = self._fleet.detail(self._host), last_events(self._fleet, self._host)
        self.panel.snapshot = PanelSnapshot(detail, self._period, happened, held_words(self._fleet, self._host))

    def tick(self) -> None:
        self.look(False)

    def take_focus(self) -> None:
        self.panel.domains.focus()

    @on(DomainList.DomainOpened)
    def _domain_opened(self, message: DomainList.DomainOpened) -> None:
        self.post_message(self.PlaceRequested(Place("domain", f"{message.host}/{message.name}")))

    @property
    def pointed(self) -> Pointed:
        return Pointed(cursor=self._fleet.known((self._host,)))

    def subject(self, needs: str) -> str:
        domain = self.panel.domains.cursor_line if needs == "domain" else None
        return super().subject(needs) if domain is None else f"{self._host}/{domain.domain.reading.name}"

    def show_host(self, host_id: str) -> bool:
        return host_id == self._host
