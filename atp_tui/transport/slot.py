"""What the pool's core keeps count of, and what it asks for: slots, waiters and plans. Plain data."""

from __future__ import annotations

from enum import Enum, auto
from typing import Generic, TypeVar

from ..model.connection import Closed
from ..model.data_class import dataclass

C = TypeVar("C")


class LeaseClass(Enum):
    """What a connection is leased for. Callers of one class are served first come, first served.

    WORK: whatever a person or a program asks for; it may take long. SAMPLE: a short question about the host's figures,
    which goes before all work that waits. WATCH: keeps a connection open and takes none of its places.
    """

    WORK = auto()
    SAMPLE = auto()
    WATCH = auto()


class Phase(Enum):
    """DOWN covers the first opening and every reconnect: the connection is not usable but is being worked on."""

    DOWN = auto()
    READY = auto()
    GONE = auto()


@dataclass(slots=True, eq=False)
class Slot(Generic[C]):
    """The pool's record of one connection.

    `retiring` is the reason for which it closes once its last use ends. `failing`: it was lost or could not be opened,
    and no attempt has succeeded since. `lifetime_share`: the share of max_lifetime that it may live, from `opened_at`.
    `carries`: the uses that its link itself can have at a time, None for any number; `places`: those it is lent for.
    `samples`: those of its active uses that are samples. `pins`: leases of class WATCH, which are no active uses.
    `clogged`: a call that nobody waits for any more may still be under way, and its link carries one at a time.
    `latency`: the seconds that its last calls took, smoothed; 0 while there was none.
    """

    id: int
    connection: C | None = None
    phase: Phase = Phase.DOWN
    active_uses: int = 0
    high_water: int = 0
    samples: int = 0
    pins: int = 0
    idle_since: float = 0.0
    opened_at: float = 0.0
    lifetime_share: float = 1.0
    retiring: Closed | None = None
    failing: bool = False
    carries: int | None = None
    clogged: bool = False
    places: int = 1
    latency: float = 0.0


@dataclass(slots=True, eq=False)
class Waiter(Generic[C]):
    """A caller in the queue of its class.

    `fail_fast`: an attempt to connect that fails while it waits, and no usable connection, end the waiting.
    """

    ticket: object = None
    lease_class: LeaseClass = LeaseClass.WORK
    fail_fast: bool = False


class Plan(Generic[C]):
    """What the shell must do now. `failed` waiters fail with the error of the attempt (None: the pool closes).

    Most plans hold one thing or nothing, and each wait for a connection makes two: empty tuples cost nothing.
    """

    assign: tuple[tuple[Waiter[C], Slot[C]], ...] = ()
    open: tuple[Slot[C], ...] = ()
    close: tuple[tuple[Slot[C], Closed], ...] = ()
    failed: tuple[Waiter[C], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.assign or self.open or self.close or self.failed)
