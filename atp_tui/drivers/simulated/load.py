"""How busy simulated things are over time: curves whose integral is known at any moment without simulating up to it.

Counters such as CPU time are integrals of a load. A curve holds one cycle of a load at fixed steps with the integral
up to each of them, so a counter at any moment costs one look-up, and never runs backwards.
"""

from __future__ import annotations

import math
import random
from array import array
from collections.abc import Callable, Sequence
from enum import StrEnum
from functools import cache

STEPS = 1024
"""Steps of one cycle; a power of two, so that the hot path masks and shifts."""
STEP_SECONDS = 2.0
CYCLE_SECONDS = STEPS * STEP_SECONDS
VARIANTS = 3
"""Curves of one kind differ in their noise; each host begins at another moment of one of them."""

_BITS = STEPS.bit_length() - 1
_MASK = STEPS - 1


class Kind(StrEnum):
    """What sort of work a curve is the load of."""

    IDLE = "idle"
    STEADY = "steady"
    WEB = "web"
    DATABASE = "database"
    HOT = "hot"
    BATCH = "batch"


class LoadCurve:
    """A load between 0 and 1, linear between its steps, that repeats after CYCLE_SECONDS."""

    __slots__ = ("_steps", "_total", "is_batch", "values")

    def __init__(self, values: Sequence[float]) -> None:
        """`values` has STEPS loads of 0 to 1; a curve that is 0 at times (`is_batch`) must begin and end with 0."""
        self.values = tuple(values)
        self.is_batch = self.values[0] == 0.0
        following = (*self.values[1:], self.values[0])
        # four numbers of each step: its load, half of what the load gains in it, the integral up to it and up to the
        # last 0; side by side, since a thousand hosts look them up at moments that are all over the cycle
        steps, total, start = array("d"), 0.0, 0.0
        for value, after in zip(self.values, following, strict=True):
            if value == 0.0:
                start = total
            steps.extend((value, (after - value) / 2, total, start))
            total += value + (after - value) / 2
        self._steps, self._total = steps, total

    def at(self, moment: float) -> float:
        """The load at `moment` seconds."""
        position = moment / STEP_SECONDS
        whole = int(position)
        place = (whole & _MASK) * 4
        return self._steps[place] + (position - whole) * 2 * self._steps[place + 1]

    def work(self, moment: float) -> float:
        """Seconds of full load from 0 until `moment`."""
        position = moment / STEP_SECONDS
        whole = int(position)
        part = position - whole
        steps, place = self._steps, (whole & _MASK) * 4
        here = steps[place + 2] + part * (steps[place] + part * steps[place + 1])
        return ((whole >> _BITS) * self._total + here) * STEP_SECONDS

    def run(self, moment: float) -> float | None:
        """Of a batch curve: seconds of full load since the load last was 0; None where there is no load at `moment`."""
        position = moment / STEP_SECONDS
        whole = int(position)
        part = position - whole
        steps, place = self._steps, (whole & _MASK) * 4
        value, slope = steps[place], steps[place + 1]
        if value <= 0.0 and slope <= 0.0:
            return None
        return (steps[place + 2] + part * (value + part * slope) - steps[place + 3]) * STEP_SECONDS


@cache  # at most len(Kind) * VARIANTS curves of STEPS steps
def load_curve(kind: Kind, variant: int) -> LoadCurve:
    """One of the curves of a kind; `variant` from 0 to VARIANTS - 1. The same in each run of the program."""
    rng = random.Random(f"{kind}/{variant}")
    return LoadCurve(_SHAPES[kind](rng))


def _wave(step: int, cycles: int) -> float:
    """A day, shortened so that a person sees several: -1 to 1, `cycles` times in one cycle of the curve."""
    return math.sin(2 * math.pi * cycles * step / STEPS)


def _noise(rng: random.Random, spread: float, pull: float = 0.12) -> list[float]:
    """Mean-reverting noise around 0 whose end meets its beginning."""
    value, values = 0.0, []
    for _ in range(STEPS):
        value += -pull * value + rng.gauss(0.0, spread * math.sqrt(2 * pull))
        values.append(value)
    seam = 32
    for step in range(seam):
        values[STEPS - seam + step] *= 1 - (step + 1) / seam
        values[step] *= step / seam
    return values


def _bursts(rng: random.Random, count: int, height: float) -> list[float]:
    """Sudden work that lasts from 6 seconds to a minute and a half."""
    values = [0.0] * STEPS
    for _ in range(count):
        begin, length = rng.randrange(STEPS), rng.randrange(3, 45)
        tall = height * rng.uniform(0.5, 1.0)
        for step in range(begin, min(begin + length, STEPS - 1)):
            values[step] = max(values[step], tall)
    return values


def _mixed(
    mean: float, wave: float, spread: float, bursts: int, height: float
) -> Callable[[random.Random], list[float]]:
    def shape(rng: random.Random) -> list[float]:
        noise, burst, cycles = _noise(rng, spread), _bursts(rng, bursts, height), rng.choice((2, 3))
        loads = (mean + wave * _wave(step, cycles) + noise[step] + burst[step] for step in range(STEPS))
        return [min(max(load, 0.004), 0.99) for load in loads]

    return shape


def _batch(rng: random.Random) -> list[float]:
    """Runs of half a minute to four minutes, and nothing between them."""
    values, step = [0.0] * STEPS, rng.randrange(10, 40)
    while step < STEPS - 140:
        run = rng.randrange(15, 120)
        for at in range(step, step + run):
            values[at] = rng.uniform(0.7, 0.98)
        step += run + rng.randrange(20, 90)
    return values


_SHAPES: dict[Kind, Callable[[random.Random], list[float]]] = {
    Kind.IDLE: _mixed(0.025, 0.01, 0.008, 6, 0.25),
    Kind.STEADY: _mixed(0.30, 0.04, 0.04, 4, 0.30),
    Kind.WEB: _mixed(0.38, 0.24, 0.06, 8, 0.30),
    Kind.DATABASE: _mixed(0.34, 0.10, 0.05, 14, 0.55),
    Kind.HOT: _mixed(0.88, 0.05, 0.05, 10, 0.10),
    Kind.BATCH: _batch,
}
