"""Whether the terminal's own ground is light or dark: what is asked of it, and its answers among the keys.

The answers come where keys come from, between any two of them and cut anywhere. So nobody waits for them, at the start
or later, and no key is taken for a part of one: what is no answer goes on as it came.
"""

from __future__ import annotations

import re
from collections.abc import Callable

ASK = "\x1b]11;?\x1b\\"
"""OSC 11 of xterm: "which colour is the background?" Nearly all terminals answer; the others say nothing."""

FOLLOW, LEAVE = "\x1b[?2031h", "\x1b[?2031l"
"""Mode 2031: the terminal tells when it has become light or dark (contour's colour scheme notifications)."""

WAITS = 0.5
"""Seconds without anything after which the rest of an answer that has begun does not come."""

_PART = "[0-9A-Fa-f]{1,4}"
_ANSWER = re.compile(
    rf"\x1b\]11;(?:rgba?:({_PART})/({_PART})/({_PART})(?:/{_PART})?|[^\x07\x1b]{{0,60}})(?:\x07|\x1b\\)"
    r"|\x1b\[\?997;([12])n"
)
_BEGINS = re.compile(r"\x1b(?:\](?:1(?:1(?:;[^\x07\x1b]{0,60}\x1b?)?)?)?|\[(?:\?(?:9(?:9(?:7(?:;[12]?)?)?)?)?)?)?\Z")
_IS_NO_KEY = "\x1b]11;"


class Answers:
    """Takes the answers out of what a terminal sends; `tell` hears of each whether the ground is dark.

    It takes nothing before the terminal was asked: what a person types is then never looked at. From then on an Esc at
    the end of a read waits for what follows.
    """

    def __init__(self, tell: Callable[[bool], object]) -> None:
        self._tell = tell
        self._held = self._half = ""
        self._looks = False

    def asked(self) -> None:
        """The terminal has just been asked."""
        self._looks = True

    @property
    def patience(self) -> float:
        """Seconds to wait for the rest of what is held back; 0 where nothing is, or where it may be the key Esc."""
        return WAITS if len(self._held) > 1 else 0

    def feed(self, text: str) -> str:
        """What came, without the answers in it, and without what may be the beginning of one."""
        if not self._looks:
            return text
        passed, at = [], 0
        whole, self._half = self._half + text, ""
        text = self._held + (whole if _ANSWER.match(whole) else text)
        for match in _ANSWER.finditer(text):
            passed.append(text[at : match.start()])
            at = match.end()
            self._hear(match)
        begun = _BEGINS.search(text, at)
        end = begun.start() if begun is not None else len(text)
        self._held = text[end:]
        return "".join((*passed, text[at:end]))

    def give_up(self) -> str:
        """Nothing came for a while: what was held back, if it may be keys. Half an answer may still be completed by the
        next read, over a slow line; else it is dropped, since its signs would act one by one."""
        held, self._held = self._held, ""
        if not held.startswith(_IS_NO_KEY):
            return held
        self._half = held
        return ""

    def _hear(self, match: re.Match[str]) -> None:
        *colour, preference = match.groups()
        if preference is not None:
            self._tell(preference == "1")
            return
        if all(colour):
            self._tell(is_dark(*(int(part, 16) / (16 ** len(part) - 1) for part in colour)))


def is_dark(red: float, green: float, blue: float) -> bool:
    """Whether white is the better text on this colour, by WCAG 2's contrast ratio. Each part is from 0 to 1."""
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in (red, green, blue)]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return 1.05 / (luminance + 0.05) >= (luminance + 0.05) / 0.05
