"""The view of a single host: the panel of the fleet's view, with the room of the whole screen."""

from __future__ import annotations

from textual.app import ComposeResult

from ...text import safe
from ...widgets.host_panel import HostPanel, PanelSnapshot
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
        self.panel.snapshot = PanelSnapshot(self._fleet.detail(self._host), self._period)

    def tick(self) -> None:
        self.look(False)

    def take_focus(self) -> None:
        self.panel.domains.focus()

    @property
    def pointed(self) -> Pointed:
        return Pointed(cursor=self._fleet.known((self._host,)))

    def show_host(self, host_id: str) -> bool:
        return host_id == self._host
