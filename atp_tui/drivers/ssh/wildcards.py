"""OpenSSH's patterns (match.c): `*`, `?`, lists with commas, and negation by `!`."""

from __future__ import annotations

import string

LONGEST_PATTERN = 1023
"""Bytes: a list with a pattern of that length or a longer one matches nothing, in match.c as here."""


_SMALL = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def small(name: str) -> str:
    """A name in small letters, as OpenSSH has it: those of ASCII alone. With others it would be another name."""
    return name.translate(_SMALL)


def matches_list(text: bytes, patterns: bytes) -> bool:
    """Whether a list of patterns means a text: one pattern matches, and none that begins with `!`. Case counts."""
    found = False
    for pattern in patterns.split(b","):
        negated = pattern.startswith(b"!")
        pattern = pattern[negated:]
        if len(pattern) >= LONGEST_PATTERN:
            return False
        if matches(text, pattern):
            if negated:
                return False
            found = True
    return found


def matches(text: bytes, pattern: bytes) -> bool:
    """Whether a pattern matches all of a text. Its time is at most the product of their lengths."""
    here = at = 0
    star, resume = -1, 0
    while here < len(text):
        sign = pattern[at : at + 1]
        if sign == b"*":
            star, resume = at, here
            at += 1
        elif sign == b"?" or (sign and sign == text[here : here + 1]):
            at += 1
            here += 1
        elif star >= 0:
            resume += 1
            at, here = star + 1, resume
        else:
            return False
    return not pattern[at:].strip(b"*")
