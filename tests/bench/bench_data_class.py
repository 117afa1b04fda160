"""What a class of plain data costs: made, filled, compared, hashed. Run by hand.

    python -m tests.bench.bench_data_class

Both sides in each round: the standard library's `dataclass` and ours (`model/data_class`), on a frozen class and on one
that is not, each with five fields. CPU of this thread, the least of the rounds.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from typing import Any

from atp_tui.model import data_class

ROUNDS = 7
CLASSES, OBJECTS = 100, 50_000

SIDES: dict[str, Callable[..., Any]] = {"standard": dataclasses.dataclass, "ours": data_class.dataclass}


def made(decorator: Callable[..., Any], frozen: bool) -> type:
    class Reading:
        """A class with a description: without one the standard library would make one of its signature."""

        host: str
        at: float
        names: tuple[str, ...]
        count: int = 0
        note: str | None = None

    found: type = decorator(frozen=frozen, slots=True)(Reading)
    return found


def each(work: Callable[[], object], times: int) -> float:
    """Microseconds of CPU that it takes once."""
    begun = time.thread_time()
    for _ in range(times):
        work()
    return 1e6 * (time.thread_time() - begun) / times


def one_round(decorator: Callable[..., Any], frozen: bool) -> dict[str, float]:
    kind = made(decorator, frozen)
    one, other = (kind("kvm01", 17.5, ("a", "b")) for _ in range(2))
    took = {
        "class": each(lambda: made(decorator, frozen), CLASSES),
        "object": each(lambda: kind("kvm01", 17.5, ("a", "b")), OBJECTS),
        "==": each(lambda: one == other, OBJECTS),
    }
    return took | ({"hash": each(lambda: hash(one), OBJECTS)} if frozen else {})


def main() -> None:
    for frozen in (True, False):
        rounds = [{name: one_round(side, frozen) for name, side in SIDES.items()} for _ in range(ROUNDS)]
        for what in rounds[0]["ours"]:
            standard, ours = (min(each[name][what] for each in rounds) for name in SIDES)
            kind = "frozen" if frozen else "not frozen"
            print(f"{kind:<11}{what:<7} standard {standard:7.2f} us  ours {ours:7.2f} us  {ours / standard:.2f} of it")


if __name__ == "__main__":
    main()
