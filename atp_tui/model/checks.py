"""Checks that settings make of their own values. Each raises ConfigError with the key it was given."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TypeVar

from .errors import ConfigError
from .quoting import quoted

E = TypeVar("E", bound=StrEnum)

_NOT_IN_USERS = "'`\";&<>|(){}"
_UNFIT_FOR_HOSTS = re.compile(f"[\0- {re.escape(_NOT_IN_USERS)}$\\\\,\x7f]")

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


def pattern(key: str, value: str) -> None:
    """`value` is a regular expression of Python's."""
    try:
        re.compile(value)
    except re.error as error:
        message = f"{quoted(value)} is no regular expression: {error.msg}"
        raise ConfigError(message, key=key, hint="write one such as 'vault .*-t'") from error


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


def fits_host(name: str) -> bool:
    """Whether OpenSSH takes `name` for a host (ssh.c, valid_hostname, 9.6): nothing that a shell would act on.

    ProxyCommand and Match exec put host and user into a shell's command line (CVE-2023-51385).
    """
    return bool(name) and name[0] != "-" and not _UNFIT_FOR_HOSTS.search(name)


def fits_user(name: str) -> bool:
    """Whether OpenSSH takes `name` for a user (ssh.c, valid_ruser, 9.6); a space and a backslash inside are fine."""
    return (
        bool(name)
        and name[0] != "-"
        and not any(letter in _NOT_IN_USERS or letter < " " or letter == "\x7f" for letter in name)
        and " -" not in name
        and name[-1] != "\\"
    )


def user(key: str, value: object, example: str) -> None:
    """`value` is the name of a user, as `fits_user`."""
    word(key, value, example)
    if not fits_user(str(value)):
        hint = f"a user's name has none of {_NOT_IN_USERS}, as for ssh: a ProxyCommand's shell would act on them"
        raise ConfigError(f"{quoted(value)} is not a user's name", key=key, hint=hint)


def command(key: str, words: object, example: str) -> None:
    """`words` are a program and its words, for which no shell is started; none: there is no program."""
    hint = f"write the program and its words, such as {example}"
    if not isinstance(words, tuple) or not all(isinstance(word, str) for word in words):
        raise ConfigError(f"{quoted(words)} is no command", key=key, hint=hint)
    if words and (not words[0].strip() or any("\0" in word for word in words)):
        raise ConfigError(f"{quoted(words[0])} is no program", key=key, hint=hint)
    if len(words) == 1 and len(words[0].split()) > 1:
        raise ConfigError("is one text with blanks, and no shell takes it apart", key=key, hint=hint)
