"""Checks that settings make of their own values. Each raises ConfigError with the key it was given."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TypeVar

from .errors import ConfigError
from .quoting import quoted

E = TypeVar("E", bound=StrEnum)

_HOP = re.compile(
    r"(?:[^\s,/:]+@)?"
    r"(?:\[[0-9A-Fa-f:.]+(?:%[^\s\],]+)?\]|[^\s,:/@?#\[\]]+|[0-9A-Fa-f.]*:[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*(?:%[^\s,]+)?)"
    r"(?::(?P<port>[0-9]{1,5}))?"
)

LARGEST = 2**31 - 1
"""The most that libvirt and the kernel take where they want an int."""


SHORTEST = 0.001
"""Seconds: the least that an interval or a time limit may be. With less, repeating it would take a whole core."""


def number(key: str, value: object, *, example: str) -> None:
    """`value` is a finite number above 0."""
    if _finite(key, value, example) <= 0:
        raise ConfigError(f"{quoted(value)} is out of range", key=key, hint="it must be above 0")


def seconds(key: str, value: object, *, zero: bool = False) -> None:
    """`value` is a length of time, SHORTEST or more, or 0 as well where `zero` allows it."""
    length = _finite(key, value, "30 or 0.5")
    if length < SHORTEST and not (zero and length == 0):
        limit = f"{SHORTEST:g} or more, in seconds"
        raise ConfigError(
            f"{quoted(value)} is out of range", key=key, hint=f"it must be {'0, or ' if zero else ''}{limit}"
        )


def _finite(key: str, value: object, example: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not -LARGEST <= value <= LARGEST:
        # the comparison is false for nan, and works for whole numbers too large for a float
        raise ConfigError(
            f"{quoted(value)} is not a number that can be used", key=key, hint=f"write one such as {example}"
        )
    return value


def count(key: str, value: object, *, least: int, most: int = LARGEST) -> None:
    """`value` is a whole number from `least` to `most`."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise ConfigError(
            f"{quoted(value)} is not a whole number", key=key, hint=f"write a whole number, {least} or more"
        )
    if not least <= value <= most:
        limit = f"it must be {least} or more" if value < least else f"it must be {most} or less"
        raise ConfigError(f"{quoted(value)} is out of range", key=key, hint=limit)


def kind(key: str, value: object, wanted: type) -> None:
    """`value` is of type `wanted`."""
    if not isinstance(value, wanted):
        raise ConfigError(f"{quoted(value)} is not a {wanted.__name__}", key=key)


def choice(key: str, value: object, choices: type[E]) -> E:
    """`value` as a member of `choices`, given as the member itself or its text."""
    try:
        return choices(str(value))
    except ValueError:
        raise ConfigError(
            f"{quoted(value)} is none of the choices", key=key, hint="write one of " + ", ".join(choices)
        ) from None


def word(key: str, value: object, example: str) -> None:
    """`value` is text that may stand where a program expects a name: not empty, one line, no option in disguise."""
    if not isinstance(value, str):
        raise ConfigError(f"{quoted(value)} is not text", key=key, hint=f"write text such as {example!r}")
    if not value.strip() or not value.isprintable() or value.startswith("-"):
        raise ConfigError(f"{quoted(value)} cannot be used", key=key, hint=f"write text such as {example!r}")


def jump(key: str, value: str) -> None:
    """`value` is OpenSSH's way to a host: `[user@]host[:port]`, several with commas between them, or "none"."""
    for hop in map(str.strip, value.split(",")):
        match = _HOP.fullmatch(hop)
        if match is None or not 0 < int(match["port"] or 22) < 65536:
            hint = "write [user@]host[:port], several with commas between them, and [2001:db8::1]:22 for IPv6"
            raise ConfigError(f"{quoted(hop)} is not a jump host", key=key, hint=hint)
