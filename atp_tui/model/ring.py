"""How the end of a long job calls a person who looks elsewhere: what a terminal is sent. Never remote text."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from . import checks


class Ring(StrEnum):
    """`ring` in `[jobs]`. OSC9 is iTerm2's way to a notice of the desktop, which kitty, WezTerm, foot, ghostty and
    Windows Terminal have as well; others ignore it."""

    OFF = "off"
    BELL = "bell"
    OSC9 = "osc9"


@dataclass(frozen=True, slots=True)
class JobsSettings:
    """`[jobs]`: what rings on the screen as a job ends that lasted `ring_after` seconds or more.

    Raises ConfigError, naming the key, for a value that is none.
    """

    ring: str = Ring.OFF
    ring_after: float = 30.0

    def __post_init__(self) -> None:
        checks.choice("jobs.ring", self.ring, Ring)
        checks.seconds("jobs.ring_after", self.ring_after, zero=True)

    def rings(self, lasted: float) -> bool:
        """Whether a job of so many seconds does."""
        return self.ring != Ring.OFF and lasted >= self.ring_after


def sent(ring: str, words: str, *, tmux: bool) -> str:
    """What a terminal is sent; `words` are ours, and what is no printable ASCII is left out of them.

    tmux hands an OSC of a program on to its terminal only so wrapped, where `allow-passthrough` is on (tmux(1)).
    """
    if ring == Ring.OFF:
        return ""
    if ring == Ring.BELL:
        return "\a"
    notice = f"\x1b]9;{''.join(each for each in words if ' ' <= each <= '~')}\a"
    if not tmux:
        return notice
    doubled = notice.replace("\x1b", "\x1b\x1b")
    return f"\x1bPtmux;{doubled}\x1b\\"
