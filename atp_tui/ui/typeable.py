"""What an input of the screen takes: one line, without control characters."""

from __future__ import annotations

TYPEABLE = r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]*"
"""What an input may hold: an escape sequence in it would reach the terminal as it is."""


def one_line(pasted: str) -> str:
    """What is pasted into an input of one line; line ends behind it are left out.

    Raises ValueError with words for a person, and none of the text in it: it may be a password.
    """
    text = pasted.rstrip("\r\n")
    lines = len(text.splitlines())
    if lines > 1:
        raise ValueError(f"{lines} lines were pasted, and this takes one: nothing was taken over")
    if any(_is_control(sign) for sign in text):
        raise ValueError("what was pasted has a tab or another control character: nothing was taken over")
    return text


def _is_control(sign: str) -> bool:
    return sign < " " or "\x7f" <= sign <= "\x9f"
