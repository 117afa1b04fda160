"""What an input of the screen takes: one line, without control characters."""

from __future__ import annotations

import re

TYPEABLE = r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]*"
"""What an input may hold: an escape sequence in it would reach the terminal as it is."""

_TURNS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Invisible signs after which a terminal may show a line in another order than the one in which it would run."""


_NEVER_SHOWN = re.compile(f"[\x00-\x1f\x7f-\x9f\u2028\u2029]|{_TURNS.pattern}")


def typeable(line: str) -> str:
    """A line of a file without what an input would not have taken: it is shown there, and run."""
    return _NEVER_SHOWN.sub("", line)


def one_line(pasted: str) -> str:
    """What is pasted into an input of one line; line ends behind it are left out.

    Raises ValueError with words for a person, and nothing of the text that could be read: it may be a password.
    """
    text = pasted.rstrip("\r\n")
    lines = len(text.splitlines())
    if lines > 1:
        raise ValueError(f"{lines} lines were pasted, and this takes one: nothing was taken over")
    if any(_is_control(sign) for sign in text):
        raise ValueError("what was pasted has a tab or another control character: nothing was taken over")
    if turned := _TURNS.search(text):
        sign = f"U+{ord(turned[0]):04X}"
        raise ValueError(f"what was pasted has {sign}, which has it read in another order: nothing was taken over")
    return text


def _is_control(sign: str) -> bool:
    return sign < " " or "\x7f" <= sign <= "\x9f"
