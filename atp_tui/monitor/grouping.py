"""By what hosts are grouped, and to which group each of them belongs. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache

from ..model.order import natural
from .query import BY_TAG, STATE, TAG, Fields, group_key
from .rows import Known
from .terms import SILENT

Path = tuple[str | None, ...]
"""The names of the groups around a host, from the outermost on; None: the group of the hosts that have no name."""


_NO_NAME: Path = (None,)


def namer(by: str) -> Callable[[Known], str | None]:
    """What gives the name of a host's group, by one part of `Query.group`."""
    if by == TAG:
        return lambda of: of.tags[0] if of.tags else None
    if by == STATE:
        return lambda of: str(of.state) if of.silent_since is None else SILENT
    if by.startswith(BY_TAG):
        start = by.removeprefix(BY_TAG)
        return lambda of: next((tag for tag in of.tags if tag.startswith(start)), None)
    wanted = by.casefold()
    return lambda of: next((value for key, value in of.metadata if key.casefold() == wanted), None) or None


def pather(group: tuple[str, ...]) -> Callable[[Known], Path]:
    """What gives the path of a host."""
    if group == (TAG,):
        return lambda of: of.tags[:1] or _NO_NAME
    namers = tuple(map(namer, group))
    if not namers:
        return lambda of: ()
    if len(namers) == 1:
        (name,) = namers
        return lambda of: (name(of),)
    return lambda of: tuple([name(of) for name in namers])


@lru_cache(maxsize=16384)  # for each group at each look that has something new
def key_of(path: Path, group: tuple[str, ...]) -> str:
    """The key of the line over the innermost group of a path; "" where there is none."""
    key = ""
    for name, by in zip(path, group, strict=False):
        key = group_key(name, by, key)
    return key


def fields_of(hosts: Iterable[Known]) -> Fields:
    """By what these hosts can be grouped. Keys that differ in capitals alone are the same."""
    keys: dict[str, str] = {}
    tags: set[str] = set()
    for of in hosts:
        tags.update(of.tags)
        for key, _ in of.metadata:
            keys.setdefault(key.casefold(), key)
    return Fields(tuple(sorted(keys.values(), key=natural)), tuple(sorted(tags, key=natural)))


@lru_cache(maxsize=16384)
def by_name(path: Path) -> tuple[tuple[bool, object], ...]:
    """The order of groups by their names, those without one last."""
    return tuple([(name is None, natural(name or "")) for name in path])
