"""What may enter from a host: every figure has a type and a range, and what has not is no figure.

A host can answer anything, and what is taken for a number is written to the terminal as one. A text in its place would
reach the terminal unchecked, and a number beyond 64 bits would end the sums that it goes into.
"""

from __future__ import annotations

from ..model.errors import CallFailed
from ..model.message import told
from ..model.node import Oddity
from ..model.say import Say

LARGEST = 2**63 - 1
"""libvirt's counters are 64 bits wide; a sum or an array of ours holds signed ones."""

MOST_PARTS = 512
"""The most interfaces, and the most disks, of a domain that are added up: far above what a hypervisor gives one."""

LONGEST_NAME = 1024
"""Characters of a name that are kept: four times those of a host's name (RFC 1035) or of a file that bears a domain's.

libvirt's protocol lets a name have 4 MiB, which every frame of the screen would measure anew.
"""


class Nonsense(CallFailed):
    """A host answered with something that cannot be: `what` names it, as `the load is missing`."""

    def __init__(self, what: str) -> None:
        super().__init__(told(Say.ANSWERS_NONSENSE, what=what))
        self.what = what

    def __reduce__(self) -> tuple[type[Nonsense], tuple[str]]:
        return type(self), (self.what,)


class Odd:
    """What of one sample was no figure and is left out of it: how many, and the first of them."""

    __slots__ = ("_count", "_what")

    def __init__(self) -> None:
        self._count = 0
        self._what = ""

    def note(self, value: object, name: str) -> None:
        """A value that is no figure came under this name."""
        self.add(f"{name} is {_described(value)}")

    def add(self, what: str) -> None:
        """A thing that cannot be, in words of ours."""
        self._count += 1
        if self._count == 1:
            self._what = what

    def whole(self, value: object, name: str, largest: int = LARGEST) -> int | None:
        """As `whole`; what is there and is no figure is noted."""
        if type(value) is int and 0 <= value <= largest:
            return value
        if value is not None:
            self.note(value, name)
        return None

    def join(self, other: Odd) -> None:
        """Count what the other has noted."""
        self._what = self._what or other._what
        self._count += other._count

    def told(self) -> Oddity | None:
        """All that was noted."""
        return Oddity(self._count, self._what) if self._count else None


def whole(value: object, largest: int = LARGEST) -> int | None:
    """The value, where it is a whole number from 0 to `largest`; None for everything else, a missing one included."""
    return value if type(value) is int and 0 <= value <= largest else None


def required(value: object, name: str, largest: int = LARGEST) -> int:
    """As `whole`. Raises Nonsense where it is None."""
    if type(value) is int and 0 <= value <= largest:
        return value
    raise Nonsense(f"{name} is {_described(value)}")


def text(value: object, name: str) -> str:
    """The value, where it is a text, as `name_of` has it. Raises Nonsense otherwise."""
    if type(value) is str:
        return name_of(value)
    raise Nonsense(f"{name} is {_described(value)}")


def name_of(text: str) -> str:
    """The name, or the beginning of one that is longer than LONGEST_NAME, with … behind it."""
    return text if len(text) <= LONGEST_NAME else text[:LONGEST_NAME] + "…"


def _described(value: object) -> str:
    """What a value is, in words that hold nothing of it: it may be long, or meant for a terminal."""
    if value is None:
        return "missing"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int):
        return "below zero" if value < 0 else "too large"
    if isinstance(value, float):
        return "no whole number"
    return "a text" if isinstance(value, str) else "no number"
