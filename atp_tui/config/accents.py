"""`[ui.accents]`: the colour in which the screen says that hosts with some tag are pointed at."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

COLOURS: Mapping[str, str] = MappingProxyType({
    "red": "failed", "green": "connected", "yellow": "reconnecting", "cyan": "connecting", "blue": "chart",
    "magenta": "draining", "grey": "dim",
})  # fmt: skip
"""Names of colours, each with the theme's own for it: that can be read on the ground of every theme."""

ROLES = (*COLOURS.values(), "disconnected", "mark", "title", "title-focus")
"""Names of a theme's colours that may be given as well."""

_RGB = re.compile(r"#[0-9A-Fa-f]{6}")

Accents = tuple[tuple[str, str], ...]
"""Tags, each with the name of a colour, of a theme's role, or "#rrggbb"; of several that fit the first counts."""


class Accent(NamedTuple):
    """`tag` is why; `colour` is a role of the theme, or "#rrggbb"."""

    tag: str
    colour: str


def accent_of(tags: Collection[str], accents: Accents) -> Accent | None:
    """The accent of hosts that have these tags, one of them or all; None for none."""
    for tag, name in accents:
        colour = _colour(name)
        if tag in tags and colour is not None:
            return Accent(tag, colour)
    return None


def wrong_accents(accents: Accents) -> Iterator[tuple[str, str, str]]:
    """What is wrong with accents: the tag, what is wrong, and what would be right."""
    for tag, name in accents:
        if _colour(name) is None:
            known = ", ".join(COLOURS)
            yield tag, f"{name!r} is no colour", f'write one of {known}, a role such as mark, or "#rrggbb"'


def without_hosts(accents: Accents, tags: Collection[str]) -> Iterable[str]:
    """The tags of accents that no host has; `tags` are those that hosts have."""
    return (tag for tag, _ in accents if tag not in tags)


def _colour(name: str) -> str | None:
    if name in COLOURS:
        return COLOURS[name]
    return name if name in ROLES or _RGB.fullmatch(name) else None
