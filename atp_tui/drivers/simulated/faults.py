"""What goes wrong with a simulated host, and when: a script is data, and a pure function of time.

Its text form stands in the host's URI, as in `sim://kvm03/?fault=silent@8:15,slow@40:20*50&repeat=90`: from the 8th
second on silent for 15 seconds, from the 40th on 50 times slower for 20, and all of it again every 90 seconds.
"""

from __future__ import annotations

import math
import re
from enum import StrEnum

from ...model.data_class import dataclass
from ...model.errors import ConfigError


class FaultKind(StrEnum):
    """How a host misbehaves while a fault lasts.

    All but SILENT and SLOW cut the links that are open when they begin; FLAP and LOST let new ones in at once.
    """

    SILENT = "silent"
    """Accepts, and never answers; what was asked is answered when the silence is over."""
    REFUSE = "refuse"
    FLAP = "flap"
    """Cuts every link each `amount` seconds."""
    LOST = "lost"
    SLOW = "slow"
    """Answers after `amount` times its latency."""
    AUTH = "auth"
    HOST_KEY = "hostkey"


_DEFAULT_AMOUNT = {FaultKind.FLAP: 4.0, FaultKind.SLOW: 50.0}
_FAULT = re.compile(r"(?P<kind>[a-z]+)@(?P<at>[0-9.]+)(?::(?P<duration>[0-9.]+))?(?:\*(?P<amount>[0-9.]+))?")


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault, `at` seconds after the start for `duration` seconds. `amount`: see FaultKind; 0 its default."""

    at: float
    kind: FaultKind
    duration: float = math.inf
    amount: float = 0.0

    def __post_init__(self) -> None:
        if self.amount == 0.0:
            object.__setattr__(self, "amount", _DEFAULT_AMOUNT.get(self.kind, 0.0))

    @property
    def end(self) -> float:
        return self.at + self.duration

    def __str__(self) -> str:
        duration = "" if math.isinf(self.duration) else f":{self.duration:g}"
        amount = "" if self.amount == _DEFAULT_AMOUNT.get(self.kind, 0.0) else f"*{self.amount:g}"
        return f"{self.kind}@{self.at:g}{duration}{amount}"


@dataclass(frozen=True, slots=True)
class FaultScript:
    """The faults of one host; they may not overlap. `repeat` is the script's period in seconds, None: it runs once.

    Raises ConfigError for faults that overlap or do not fit into the period.
    """

    faults: tuple[Fault, ...] = ()
    repeat: float | None = None

    def __post_init__(self) -> None:
        if self.repeat == 0:
            raise ConfigError("a period of 0 s", key="uri", hint="leave repeat out for a script that runs once")
        ordered = tuple(sorted(self.faults, key=lambda fault: fault.at))
        object.__setattr__(self, "faults", ordered)
        ends = [*(fault.at for fault in ordered[1:]), math.inf if self.repeat is None else self.repeat]
        for fault, limit in zip(ordered, ends, strict=False):
            if fault.end > limit:
                raise ConfigError(f"{fault} lasts into the next fault", key="uri", hint=f"end it by {limit:g} s")

    @classmethod
    def parse(cls, text: str, repeat: str = "") -> FaultScript:
        """A script from its text form (see the module). Raises ConfigError."""
        faults = tuple(_parse_fault(part) for part in text.split(",") if part)
        return cls(faults, _seconds(repeat) if repeat else None)

    def __str__(self) -> str:
        return ",".join(str(fault) for fault in self.faults)

    def at(self, moment: float) -> Fault | None:
        """The fault that is on at `moment`; None: the host is well."""
        local = moment - self._cycle(moment)
        return next((fault for fault in self.faults if fault.at <= local < fault.end), None)

    def answers_at(self, moment: float) -> float:
        """The earliest moment, `moment` or later, at which the host is not silent; infinite where it stays so."""
        for _ in range(len(self.faults) + 1):
            fault = self.at(moment)
            if fault is None or fault.kind is not FaultKind.SILENT:
                return moment
            moment = self._cycle(moment) + fault.end
        return math.inf  # silences that follow each other all the way round

    def next_cut(self, moment: float) -> float:
        """The first moment after `moment` at which the open links are cut; infinite where there is none."""
        cycle = self._cycle(moment)
        cycles = [cycle] if self.repeat is None else [cycle, cycle + self.repeat]
        cuts = (start + cut for start in cycles for fault in self.faults for cut in _cuts(fault, moment - start))
        return min((cut for cut in cuts if cut > moment), default=math.inf)

    def _cycle(self, moment: float) -> float:
        """The moment at which the repetition that `moment` lies in began."""
        return 0.0 if self.repeat is None or math.isinf(moment) else moment // self.repeat * self.repeat


def _cuts(fault: Fault, moment: float) -> tuple[float, ...]:
    """The cuts of one fault that matter at `moment`, both in seconds since the script (or its repetition) began."""
    if fault.kind in (FaultKind.SILENT, FaultKind.SLOW):
        return ()
    if fault.kind is not FaultKind.FLAP or moment < fault.at:
        return (fault.at,)
    following = fault.at + (math.floor((moment - fault.at) / fault.amount) + 1) * fault.amount
    return (following,) if following < fault.end else ()


def _parse_fault(text: str) -> Fault:
    found = _FAULT.fullmatch(text)
    if found is None or found["kind"] not in list(FaultKind):
        kinds = ", ".join(FaultKind)
        raise ConfigError(f"{text!r} is not a fault", key="uri", hint=f"write KIND@AT:DURATION; the kinds are {kinds}")
    duration = _seconds(found["duration"]) if found["duration"] else math.inf
    amount = _seconds(found["amount"]) if found["amount"] else 0.0
    return Fault(_seconds(found["at"]), FaultKind(found["kind"]), duration, amount)


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= 0):
        raise ConfigError(f"{text!r} is not a number of seconds", key="uri", hint="write a number such as 30 or 0.5")
    return value
