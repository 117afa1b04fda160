"""The fleet's view: the tree of hosts, and beside or over it the panel of the host or the group under the cursor."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from textual import events, on
from textual.app import ComposeResult
from textual.timer import Timer

from ....monitor.orders import Sort
from ....monitor.query import TAG
from ...held_words import held_words
from ...places import Place
from ...text import safe
from ...widgets.domain_list import DomainList
from ...widgets.group_panel import GroupPanel
from ...widgets.host_panel import HostPanel, PanelSnapshot
from ...widgets.lines import LinesView
from ...widgets.panel_events import last_events
from ..turning import sort_as_written
from ..view import Pointed, View, ViewServices
from .choices import NONE, groupings
from .commands import FleetCommands
from .room import STEP, USUAL, split_of, split_written
from .tree import HostTree
from .unfolded import DomainBelow

AGES = 1.0
"""Seconds after which the ages in the panel are others."""

REST = 0.5
"""Seconds after which the cursor rests on a host rather than passes over it."""


class FleetView(View):
    """Where there is no room for both, the panel opens over the tree."""

    def __init__(self, given: ViewServices) -> None:
        super().__init__(id="hosts")
        self._fleet = given.fleet
        services = given.services
        self.hosts = HostTree(
            self._fleet, glyphs=given.glyphs, file=services.file, tell=given.tell,
            groupings=lambda: groupings(self._fleet.fields()), marks=given.marks, id="tree",
        )  # fmt: skip
        self._marks = given.marks
        self._commands = FleetCommands(self._fleet, self.hosts, given.tell)
        self.group = GroupPanel(glyphs=given.glyphs)
        self.panel = HostPanel(clock=self._fleet.now, glyphs=given.glyphs, id="panel")
        self._period = services.period
        self._tell = given.tell
        self._shown: str | None = None
        self._shown_at = 0.0
        self._split: int | None = None
        self._hides_panel = self._is_zoomed = self._drags = False
        self._rest: Timer | None = None

    def compose(self) -> ComposeResult:
        yield self.hosts
        yield self.panel
        yield self.group

    def open(self, subject: str) -> None:
        if subject and not self.hosts.show_host(subject):
            self._tell(f"no host {safe(subject)} is shown: the filter may hide it", True)

    def look(self, described: bool) -> None:
        if described:
            self._marks.known(self._fleet)
        if self._marks.hosts != self.hosts.marked:  # in another view, or some have gone
            self.hosts.mark_as_person(self._marks.hosts)
        self.hosts.look()
        self._follow_cursor()
        self._show_panel()

    def tick(self) -> None:
        if self._fleet.now() - self._shown_at >= AGES:  # else what has changed in the fleet has had it drawn already
            self._show_panel()

    @property
    def pointed(self) -> Pointed:
        return Pointed(self._marks.known(self._fleet), self.hosts.cursor_hosts)

    @property
    def is_ready(self) -> bool:
        return self.hosts.has_fleet

    @property
    def filter(self) -> str:
        return self.hosts.asked.filter

    @property
    def settings(self) -> tuple[tuple[str, str], ...]:
        asked, columns = self.hosts.asked, self.hosts.columns
        order = sort_as_written(asked.sort, turned=asked.reverse)
        found = [("sort", order)] if order != Sort.TROUBLE else []
        found += [("group", ",".join(asked.group) or NONE)] if asked.group != (TAG,) else []
        found += [("split", str(self._split))] if self._split is not None else []
        found += [("panel", "off")] if self._hides_panel else []
        return (*found, *((("columns", ",".join(each.name for each in columns)),) if columns else ()))

    @property
    def folds(self) -> Collection[str]:
        return self.hosts.asked.folded

    def fold(self, keys: frozenset[str]) -> None:
        self.hosts.fold(keys)

    def search(self, text: str) -> None:
        self.hosts.search(text)
        self._follow_cursor()

    def show_host(self, host_id: str) -> bool:
        return self.hosts.show_host(host_id)

    def subject(self, needs: str) -> str:
        """Of domains, that under the cursor of the tree, or of the panel's list."""
        if needs != "domain":
            return super().subject(needs)
        below = self.hosts.cursor_line
        if isinstance(below, DomainBelow) and below.domain is not None:
            return f"{below.host}/{below.domain.reading.name}"
        domain = self.panel.domains.cursor_line if self.panel.display else None
        return "" if domain is None or self._shown is None else f"{self._shown}/{domain.domain.reading.name}"

    # Commands

    @property
    def list(self) -> LinesView[Any]:
        return self.hosts if self.hosts.display else self.panel.domains

    @property
    def commands(self) -> Mapping[str, Callable[[str], object]]:
        return {**self._commands.by_name, "split": self._split_named, "panel": self._panel_named}

    # The room

    def zoom(self, on: bool) -> None:
        in_panel = self.panel.has_focus_within
        self.set_class(on and in_panel, "-panel-alone")
        self._is_zoomed = on and not in_panel
        self.set_class(self._hides_panel or self._is_zoomed, "-alone")

    def _split_named(self, text: str) -> None:
        try:
            self._share(split_written(text))
        except ValueError as error:
            self._tell(str(error), True)

    def _share(self, split: int | None) -> None:
        """Give the list this part of the width, in percent; None: what the style sheet says."""
        self._split = split
        for widget in (self.hosts, self.panel, self.group):
            part = split if split is None or widget is self.hosts else 100 - split
            widget.styles.width = None if part is None else f"{part}fr"

    def _panel_named(self, text: str) -> None:
        if text.strip() not in ("", "on", "off"):
            self._tell("write panel, panel on or panel off", True)
            return
        self._hides_panel = text.strip() == "off" or (not text.strip() and not self._hides_panel)
        self.set_class(self._hides_panel or self._is_zoomed, "-alone")
        if self._hides_panel:
            self._open_panel(False)
            if self.panel.has_focus_within:
                self.hosts.focus()

    @on(HostTree.PanelRequested)
    def _panel_requested(self) -> None:
        self._panel_named("")
        if self._hides_panel:
            self._tell("the panel is hidden: it opens over the list", False)

    @on(HostTree.SplitRequested)
    def _split_requested(self, message: HostTree.SplitRequested) -> None:
        self._share(split_of((self._split or USUAL) + STEP * message.steps))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """On the line between list and panel, the list follows the mouse until the button is let go."""
        beside = next((each for each in (self.panel, self.group) if each.display), None)
        if beside is not None and self.hosts.display and event.screen_x == beside.region.x:
            self._drags = True
            self.capture_mouse()
            event.stop()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._drags:
            self._share(split_of(100 * (event.screen_x - self.region.x) / max(1, self.region.width)))

    def on_mouse_up(self) -> None:
        if self._drags:
            self._drags = False
            self.release_mouse()

    # The focus

    def take_focus(self) -> None:
        """The tree has it, or the panel where it lies over the tree: a list that nobody sees would mark hosts. A panel
        that is of no host any more gives way: the tree says why there is none."""
        domains = self.panel.domains
        if not self.hosts.display and domains.display:
            domains.focus()
            return
        if not self.hosts.display:
            self._open_panel(False)
        self.hosts.focus()

    def step_back(self) -> bool:
        if self.hosts.has_focus:
            return self.hosts.end_range()
        self._open_panel(False)
        self.hosts.focus()
        return True

    def _open_panel(self, is_open: bool) -> None:
        """The classes are theirs and not the screen's: for that one's Textual would style every widget anew."""
        self.panel.set_class(is_open, "-open")
        self.hosts.set_class(is_open, "-covered")

    # The cursor

    @on(HostTree.HostHighlighted)
    @on(HostTree.MarksChanged)
    def _moved(self) -> None:
        self._follow_cursor()
        self.post_message(self.Moved())

    @on(HostTree.HostOpened)
    def _host_opened(self) -> None:
        self._open_panel(True)
        self._looked_at()
        self._show_panel()
        self.panel.domains.focus()

    @on(DomainList.DomainOpened)
    def _domain_opened(self, message: DomainList.DomainOpened) -> None:
        self.post_message(self.PlaceRequested(Place("domain", f"{message.host}/{message.name}")))

    @on(HostTree.DomainOpened)
    def _domain_below_opened(self, message: HostTree.DomainOpened) -> None:
        self.post_message(self.PlaceRequested(Place("domain", f"{message.host}/{message.name}")))

    def _follow_cursor(self) -> None:
        """The panel shows the host under the cursor, and that one is looked at once the cursor rests on it."""
        cursor = self.hosts.cursor_hosts
        shown = cursor[0] if len(cursor) == 1 else None
        if shown != self._shown:
            self._shown = shown
            self._show_panel()
            if self._rest is not None:
                self._rest.stop()
            self._rest = self.set_timer(REST, self._looked_at)

    def _looked_at(self) -> None:
        """A person looks at the host under the cursor: where it is away, it is tried sooner."""
        if self._shown is not None:
            self._fleet.looked_at(self._shown)

    def _show_panel(self) -> None:
        self._shown_at = self._fleet.now()
        on_group = self._shown is None and bool(self.hosts.cursor_hosts)
        self.panel.set_class(on_group, "-replaced")
        self.group.set_class(on_group, "-shown")
        if on_group and self.group.display:
            self.group.show(*self.hosts.heading)
        detail = self._fleet.detail(self._shown) if self._shown is not None and self.panel.display else None
        happened = last_events(self._fleet, detail.host.row.id) if detail is not None else ()
        held = held_words(self._fleet, detail.host.row.id) if detail is not None else ""
        self.panel.snapshot = PanelSnapshot(detail, self._period, happened, held)
