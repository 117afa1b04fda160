"""The host tree: every host of the fleet under its group, trouble first, with marks, folds and a filter. Its keys."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual.binding import BindingType
from textual.message import Message

from ....monitor.orders import orders
from ....monitor.query import TROUBLE_KEY, CauseLine, GroupLine, HostLine, TroubleLine, group_above, host_key
from ...text import safe
from .choices import grouping_words
from .fleet_lines import FleetLines
from .keys import HOSTS
from .lines import Shown
from .unfolded import DomainBelow


class HostTree(FleetLines):
    """The lines with their keys, and what they tell of the cursor and the marks."""

    BINDINGS: ClassVar[list[BindingType]] = [*HOSTS]

    class HostHighlighted(Message):
        """The cursor has come to another host, or off the hosts onto a group or a cause (None)."""

        def __init__(self, host_id: str | None) -> None:
            super().__init__()
            self.host_id = host_id

    class HostOpened(Message):
        """Enter on a host, or a double click."""

        def __init__(self, host_id: str) -> None:
            super().__init__()
            self.host_id = host_id

    class DomainOpened(Message):
        """As HostOpened, on a domain below its host."""

        def __init__(self, host: str, name: str) -> None:
            super().__init__()
            self.host, self.name = host, name

    class PanelRequested(Message):
        """The panel beside the list is to be hidden, or shown again."""

    class SplitRequested(Message):
        """The list is to be wider by so many steps."""

        def __init__(self, steps: int) -> None:
            super().__init__()
            self.steps = steps

    class MarksChanged(Message):
        """These hosts are marked now; later snapshots should say so too."""

        def __init__(self, marked: frozenset[str]) -> None:
            super().__init__()
            self.marked = marked

    # Keys

    def line_highlighted(self, line: Shown | None) -> None:
        if self._range is not None:
            if self._looks or line is None:
                self.end_range()  # it has not been moved by a person
            else:
                start, before = self._range
                self._mark(before.union(self._fleet.between(self._query, start, _place_key(line))))
        self.post_message(self.HostHighlighted(line.row.id if isinstance(line, HostLine) else None))

    def line_opened(self, line: Shown) -> None:
        match line:
            case HostLine(row=row):
                self.post_message(self.HostOpened(row.id))
            case DomainBelow(host=host, domain=domain):
                opened = self.HostOpened(host) if domain is None else self.DomainOpened(host, domain.reading.name)
                self.post_message(opened)
            case _ if line.folded:
                self.action_unfold()
            case _:
                self.action_fold()

    def cursor_to(self, index: int) -> None:
        super().cursor_to(index)
        if self._tree is not None:
            self._retitle()

    def action_toggle_mark(self) -> None:
        hosts = frozenset(self.cursor_hosts)
        marked = self._query.marked
        self.mark_as_person(marked - hosts if hosts <= marked else marked | hosts)

    def action_mark_shown(self) -> None:
        self.mark_as_person(self._query.marked | frozenset(self.shown_hosts))

    def action_unmark(self) -> None:
        self.mark_as_person(frozenset())

    def action_invert(self) -> None:
        self.mark_as_person(self._query.marked ^ frozenset(self.shown_hosts))

    def action_range(self) -> None:
        line = self.cursor_line
        if self._range is not None or line is None:
            self.end_range()
            return
        before = self._query.marked
        self._range = _place_key(line), before
        self._mark(before.union(self._fleet.between(self._query, _place_key(line), _place_key(line))))
        self._retitle()

    def end_range(self) -> bool:
        """Leave the marks as they are, and let moving mark no more; False where no range is open."""
        was, self._range = self._range, None
        if was is not None:
            self._retitle()
        return was is not None

    def action_step(self, step: int) -> None:
        line = self.cursor_line
        found = None if line is None else self._fleet.following(self._query, _place_key(line), step)
        if found is None:
            self._tell("no host is in trouble", False)
        else:
            self.cursor_to_key(found)

    def action_sort(self) -> None:
        every = orders()
        self.sort = every[(every.index(self._query.sort) + 1) % len(every)]

    def action_panel(self) -> None:
        self.post_message(self.PanelRequested())

    def action_split(self, steps: int) -> None:
        self.post_message(self.SplitRequested(steps))

    def action_reverse(self) -> None:
        self.order = self.sort, not self._query.reverse

    def action_group(self) -> None:
        every = self._groupings()
        if every:
            now = self._query.group
            self.grouping = every[(every.index(now) + 1) % len(every) if now in every else 0]
            self._tell(f"grouped by {safe(grouping_words(self._query.group))}", False)

    def action_fold(self) -> None:
        line = self.cursor_line
        match line:
            case DomainBelow(host=host):
                self.cursor_to_key(host_key(host))
                self._unfold(self._unfolded - {host})
            case HostLine(row=row, key=key) if row.id in self._unfolded and key == host_key(row.id):
                self._unfold(self._unfolded - {row.id})
            case CauseLine(key=key) if not line.folded:
                self._ask(replace(self._query, opened=self._query.opened - {key}))
            case HostLine(group=group) if group in self._query.opened:
                self.cursor_to_key(group)
                self._ask(replace(self._query, opened=self._query.opened - {group}))
            case CauseLine():
                self._fold(TROUBLE_KEY)
            case HostLine(group=group) if group:
                self._fold(group)
            case GroupLine(key=key, folded=True) if above := group_above(key):
                self._fold(above)
            case GroupLine(key=key) | TroubleLine(key=key):
                self._fold(key)

    def _fold(self, group: str) -> None:
        if group == TROUBLE_KEY or not self._query.filter:
            self.cursor_to_key(group)
            self._ask(replace(self._query, folded=self._query.folded | {group}))

    def action_unfold(self) -> None:
        match self.cursor_line:
            case HostLine(row=row, key=key) if row.domains and key == host_key(row.id):
                self._unfold(self._unfolded | {row.id})
            case CauseLine(key=key):
                self._ask(replace(self._query, opened=self._query.opened | {key}))
            case GroupLine(key=key) | TroubleLine(key=key):
                self._ask(replace(self._query, folded=self._query.folded - {key}))

    def _unfold(self, hosts: frozenset[str]) -> None:
        """Let the domains of these hosts have lines."""
        self._unfolded = hosts
        self._domains.keep(hosts)
        self.look()

    @property
    def marked(self) -> frozenset[str]:
        """The marked hosts."""
        return self._query.marked

    def mark_as_person(self, marked: frozenset[str]) -> None:
        """Let these be the marked hosts, as a person wants it; a range that is open ends."""
        self.end_range()
        self._mark(marked)

    def _mark(self, marked: frozenset[str]) -> None:
        if marked != self._query.marked:
            self.mark(marked)
            self.post_message(self.MarksChanged(marked))


def _place_key(line: Shown) -> str:
    """The key by which the fleet knows a line: a domain stands at its host."""
    return host_key(line.host) if isinstance(line, DomainBelow) else line.key
