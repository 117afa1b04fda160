"""How the end of a long job calls a person who looks elsewhere: what a terminal is sent, and what a command is told.

Never remote text.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from . import checks
from .data_class import dataclass
from .outcome import Outcome


class Ring(StrEnum):
    """`ring` in `[jobs]`. OSC9 is iTerm2's way to a notice of the desktop, which kitty, WezTerm, foot, ghostty and
    Windows Terminal have as well; others ignore it."""

    OFF = "off"
    BELL = "bell"
    OSC9 = "osc9"


@dataclass(frozen=True, slots=True)
class JobsSettings:
    """`[jobs]`: what rings on the screen as a job ends that lasted `ring_after` seconds or more.

    `ring_command` is a program with its words, none: there is none; it may take `ring_timeout` seconds.
    `spill`: jobs write what is more than is kept to files, as by --spill.
    Raises ConfigError, naming the key, for a value that is none.
    """

    ring: str = Ring.OFF
    ring_after: float = 30.0
    ring_command: tuple[str, ...] = ()
    ring_timeout: float = 10.0
    spill: bool = False

    def __post_init__(self) -> None:
        checks.choice("jobs.ring", self.ring, Ring)
        checks.seconds("jobs.ring_after", self.ring_after, zero=True)
        checks.seconds("jobs.ring_timeout", self.ring_timeout)
        checks.command("jobs.ring_command", self.ring_command, '["notify-send", "atp-tui"]')

    def rings(self, lasted: float) -> bool:
        """Whether a job of so many seconds does."""
        return (self.ring != Ring.OFF or bool(self.ring_command)) and lasted >= self.ring_after


class End(StrEnum):
    """How a job ended, in a word. STOPPED: by its waves. CANCELLED: by a person, and nothing else went wrong."""

    OK = "ok"
    FAILED = "failed"
    STOPPED = "stopped"
    CANCELLED = "cancelled"


def facts_of(
    number: int | None, counts: Mapping[Outcome, int], seconds: float, *, stopped: bool, cancelled: bool
) -> dict[str, str]:
    """What a ring command is told of a job, by the names of variables: numbers and words of ours, and no other.

    `number` None: the job is not kept. `counts` are its hosts by how they ended, `stopped` and `cancelled` whether its
    waves were stopped, or a person has ended it; it lasted so many seconds.
    """
    wrong = {each for each in counts if counts[each]} - {Outcome.OK}
    by_person = {Outcome.CANCELLED, Outcome.NOTRUN} if cancelled else set()
    if stopped and not cancelled:
        end = End.STOPPED
    elif wrong - by_person:
        end = End.FAILED
    else:
        end = End.CANCELLED if wrong else End.OK
    return {
        "ATP_JOB": "" if number is None else str(number),
        "ATP_STATE": end,
        "ATP_SECONDS": f"{max(0.0, seconds):.0f}",
        "ATP_HOSTS": str(sum(counts.values())),
        **{f"ATP_{each.upper()}": str(counts.get(each, 0)) for each in Outcome},
    }


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
