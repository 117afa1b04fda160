"""Hosts of known_hosts files: the names that stand there as they are. Hashed ones cannot be read back."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import ip_address

from .found import Given, Imported
from .gathering import PATTERN, Gathering

_WITH_PORT = re.compile(r"\[([^\[\]]+)\]:([0-9]{1,5})")

_LIKE_ADDRESS = re.compile(r"[0-9.]+|[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*(?:%.*)?").fullmatch
"""To be sure takes ten times as long."""


def read(texts: Iterable[Given]) -> Imported:
    """The hosts of known_hosts files: of each line the first name that is no address, else the first address.

    Several keys of a host are one host. An address with the key of a host that has a name is that host again, as
    CheckHostIP has written it. A port other than 22 is taken over.
    """
    gathering = Gathering()
    lines = [(given, line, *words) for given in texts for line, words in _lines(given, gathering)]
    named = {key: name for _, _, names, key in lines if not _is_address(name := _best(names))}
    for given, line, names, key in lines:
        name = _best(names)
        if _is_address(name) and key in named:
            gathering.leave_out(name, f"has the key of {named[key]}", given, line)
            continue
        found = _WITH_PORT.fullmatch(name)
        host, port = (found[1], found[2]) if found else (name, None)
        if not gathering.refused_name(host, given, line):
            gathering.entry(host, given, line, key=name).port = port
    return gathering.imported()


def _lines(given: Given, gathering: Gathering) -> Iterable[tuple[int, tuple[list[str], str]]]:
    """Lines that name hosts: their number, the names, and the key."""
    hashed = 0
    for number, raw in enumerate(given.text.split("\n"), 1):
        words = raw.split(None, 3)
        if not words or words[0].startswith("#"):
            continue
        if words[0].startswith("@"):
            gathering.leave_out(raw.strip(), "is a key of an authority, or a revoked one", given, number)
        elif words[0].startswith("|"):
            hashed += 1
        elif len(words) < 3:
            gathering.leave_out(words[0], "is no line of known_hosts", given, number, "write NAMES TYPE KEY")
        else:
            names = words[0].split(",")
            plain = [name for name in names if name and not name.startswith("!") and not PATTERN.search(name)]
            if len(plain) < len(names):
                gathering.leave_out(words[0], "is a pattern, and no host", given, number)
            elif plain:
                yield number, (plain, f"{words[1]} {words[2]}")
    if hashed:
        name = f"{hashed:,} hashed line{'s' if hashed > 1 else ''}"
        gathering.leave_out(name, "no name can be read back of a hash (HashKnownHosts)", given, None)


def _best(names: list[str]) -> str:
    return next((name for name in names if not _is_address(name)), names[0])


def _is_address(name: str) -> bool:
    found = _WITH_PORT.fullmatch(name)
    name = found[1] if found else name
    if not _LIKE_ADDRESS(name):
        return False
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
