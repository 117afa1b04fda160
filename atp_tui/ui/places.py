"""Where a person is among the views, and where Esc and `-` lead from there. Pure."""

from __future__ import annotations

from ..model.data_class import dataclass

MOST_DEEP = 12
"""Places above each other. More is no path that a person remembers: the oldest below the first goes."""


@dataclass(frozen=True, slots=True)
class Place:
    """A view by its name, and its subject: the id of a host, `host/domain`; "" where it is of all."""

    view: str
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Stack:
    """The places from the first view down to the one in sight, and those of before, to which `-` goes back."""

    path: tuple[Place, ...]
    before: tuple[Place, ...] = ()

    @property
    def here(self) -> Place:
        """The place in sight."""
        return self.path[-1]

    def opened(self, *places: Place) -> Stack:
        """A view was asked for by its name: it stands above the first one, whatever was open; or above the places that
        it stands in, which come before it."""
        first = self.path[0]
        return self._at((first, *(place for place in places if place != first)))

    def deeper(self, place: Place) -> Stack:
        """Enter: the place stands above the one in sight. One that is on the path already is gone back to."""
        if place in self.path:
            return self._at(self.path[: self.path.index(place) + 1])
        first, *others = self.path
        return self._at((first, *others[max(0, len(others) + 2 - MOST_DEEP) :], place))

    def back(self) -> Stack:
        """Esc: the place below; the first one stays."""
        return self._at(self.path[:-1] or self.path)

    def swapped(self) -> Stack:
        """`-`: the places of before."""
        return Stack(self.before, self.path) if self.before else self

    def _at(self, path: tuple[Place, ...]) -> Stack:
        return self if path == self.path else Stack(path, self.path)
