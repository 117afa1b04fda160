"""All kinds of work, once. A new one is a module and its line in WORKS, which the runner and the store read."""

from __future__ import annotations

from collections.abc import Iterable

from .command import COMMAND, FOLLOW
from .files import PULL, PUSH
from .kind import AnyKind
from .spec import Work

WORKS: tuple[AnyKind, ...] = (COMMAND, FOLLOW, PUSH, PULL)


def kind_of(work: Work, works: Iterable[AnyKind] = WORKS) -> AnyKind:
    """How a piece of work is carried out. Raises ValueError for a kind that this program does not know."""
    for kind in works:
        if kind.name == work.kind and isinstance(work, kind.type):
            return kind
    raise ValueError(f"there is no work of the kind {work.kind!r}; there is " + ", ".join(each.name for each in works))
