"""How the screen was left, and how it begins: the arrangement of the fleet, its folds, and the view that was open."""

from __future__ import annotations

from collections.abc import Collection

from ...config.remembered import ScreenMemory
from ...model.errors import ConfigError
from ..locator import Locator, locator_of
from ..views.view import View
from .navigation import Navigation
from .pane_room import PaneRoom


class Remembering:
    """Begins with a view that was asked for (`view`, a locator), else with the one that was left."""

    def __init__(
        self,
        memory: ScreenMemory,
        navigation: Navigation,
        first: View,
        views: Collection[str],
        view: str | None,
        pane: PaneRoom,
    ) -> None:
        self._memory = memory
        self._navigation = navigation
        self._first = first
        self._pane = pane
        self._asked = None if view is None else locator_of(view, views)
        self._begins_with = self._asked or _left(memory.now.view, views)
        self._began = False

    def open(self) -> None:
        """Bring the view into sight. How it is arranged comes later: most of it needs hosts."""
        if self._memory.now.pane == "off":
            self._pane.turn(off=True)
        if self._begins_with is not None:
            self._navigation.open(self._begins_with.place.view, self._begins_with.place.subject)

    def begin(self) -> None:
        """There are hosts. Only the first call counts."""
        if self._began:
            return
        self._began = True
        now, wanted = self._memory.now, self._begins_with
        stays = wanted is not None and self._navigation.locator.place == wanted.place
        columns = ",".join(now.columns or ()) or None
        for name, value in (
            ("group", now.group), ("sort", now.sort), ("columns", columns), ("split", now.split), ("panel", now.panel),
        ):  # fmt: skip
            if value is not None and name in self._first.commands:
                self._first.commands[name](value)
        if now.folds:
            self._first.fold(frozenset(now.folds))
        if wanted is not None and stays:  # nobody has gone elsewhere meanwhile
            self._navigation.go_to(wanted)

    def keep(self) -> None:
        """Remember how it is left. What `--view` asked for is no habit; neither is a filter, which would hide hosts."""
        if not self._began:
            return
        settings = dict(self._first.settings)
        columns = settings.get("columns")
        here = self._navigation.locator
        view = str(Locator(here.place, "", here.commands))
        self._memory.keep(
            sort=settings.get("sort"),
            group=settings.get("group"),
            columns=columns.split(",") if columns else None,
            folds=sorted(self._first.folds) or None,
            split=settings.get("split"),
            panel=settings.get("panel"),
            pane="off" if self._pane.is_off else None,
            view=self._memory.now.view if self._asked is not None else view,
        )


def _left(view: str | None, views: Collection[str]) -> Locator | None:
    """The view that was left, where there still is such a view."""
    try:
        return None if view is None else locator_of(view, views)
    except ConfigError:
        return None
