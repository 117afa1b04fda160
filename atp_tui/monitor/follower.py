"""Keeps the fleet's view up to date from events, whoever looks at it; the engine owns it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from ..model import events
from ..model.data_class import dataclass
from .fleet import FleetView

GATHER = 0.1
"""Seconds that events are left to gather after some have come: waking for each of a thousand samples a second would
cost more than the samples do."""

AGE_TICK = 0.5
"""Seconds between two looks at the ages of figures: where nothing comes, that is news too."""

QUEUE = 8192
"""Events that may wait. Where more come, hosts and states are read anew where they are kept."""


@dataclass(frozen=True, slots=True)
class Changed:
    """Rows that look different: those of `hosts`, None for any of them. `urgent`: a state is among what changed."""

    hosts: frozenset[str] | None
    urgent: bool


class Subscription(Protocol):
    """A bounded queue of events."""

    async def batch(self) -> Sequence[events.Event]:
        """Everything queued; waits for the first event where nothing is."""
        ...

    def take(self) -> Sequence[events.Event]:
        """Everything queued, which may be nothing."""
        ...

    def close(self) -> None: ...


class EventSource(Protocol):
    """Where events are subscribed to."""

    def subscribe(self, size: int = 1024) -> Subscription: ...


class Moments(Protocol):
    """The program's clock, in seconds."""

    def monotonic(self) -> float: ...


class Log(Protocol):
    """What keeps a record of what happens; Happenings is one."""

    def hear(self, event: events.Event) -> None:
        """An event that the view has taken."""
        ...

    def look(self, hosts: Iterable[str], now: float) -> None:
        """Rows of these hosts look different, since it is `now`."""
        ...


class Follower:
    """Applies every event to `view`, then to `log`, if there is one, and tells its listeners which rows have changed by
    that.

    It subscribes at once: what happens before `run` has its first turn counts too. Listeners are called on the event
    loop and must not block.
    """

    def __init__(self, hub: EventSource, view: FleetView, log: Log | None, clock: Moments) -> None:
        self._view = view
        self.log = log
        self._clock = clock
        self._listeners: list[Callable[[Changed], object]] = []
        self._subscription = hub.subscribe(QUEUE)

    def listen(self, heard: Callable[[Changed], object]) -> Callable[[], None]:
        """Call `heard` for each change from now on, and at once for what is there; what is given back ends that."""
        self._apply(self._subscription.take())  # or a fleet that has just been added would be an empty one for a moment
        self._listeners.append(heard)
        heard(Changed(None, urgent=True))
        return lambda: self._listeners.remove(heard)

    def nudge(self) -> None:
        """Something else than a row has changed by which hosts are found."""
        self._tell(Changed(frozenset(), urgent=True))

    async def run(self) -> None:
        """Until cancelled."""
        age = asyncio.create_task(self._watch_ages(), name="ages")
        try:
            while True:
                self._apply(await self._subscription.batch())
                await asyncio.sleep(GATHER)
        finally:
            age.cancel()
            self._subscription.close()

    async def _watch_ages(self) -> None:
        while True:
            now = self._clock.monotonic()
            older = self._view.grow_old(now)
            if older:
                if self.log is not None:
                    self.log.look(older, now)
                self._tell(Changed(older, urgent=True))
            await asyncio.sleep(AGE_TICK)

    def _apply(self, news: Sequence[events.Event]) -> None:
        hosts: set[str] = set()
        everything = urgent = told = False
        apply, add = self._view.apply, hosts.add
        hear = None if self.log is None else self.log.hear
        for event in news:
            apply(event)
            if hear is not None:
                hear(event)
            if type(event) is events.HostSampled:  # a thousand a second, where all others are rare
                add(event.host_id)
                continue
            match event:
                case events.SampleFailed(host_id=host_id) | events.DomainsDescribed(host_id=host_id):
                    add(host_id)
                case events.HostChanged(status=status):
                    add(status.host_id)
                    urgent = True
                case events.HostAdded() | events.HostRemoved() | events.HostUpdated() | events.EventsLost():
                    everything = urgent = True
                case events.ConfigReloaded() | events.QuestionsChanged() | events.HostNoted():
                    urgent = told = True
                case _:
                    pass
        if everything or hosts or told:
            self._tell(Changed(None if everything else frozenset(hosts), urgent))

    def _tell(self, change: Changed) -> None:
        for heard in tuple(self._listeners):
            heard(change)
