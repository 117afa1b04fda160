"""From events to messages: applies the hub's events to the fleet's view and tells the screen, not too often."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ..model.events import (
    Event,
    EventsLost,
    HostAdded,
    HostChanged,
    HostRemoved,
    HostSampled,
    HostUpdated,
    SampleFailed,
)
from .messages import FleetChanged
from .services import EventSource, Fleet, Moments

SHORTEST_GAP = 0.1
"""Seconds between two messages to the screen: a person sees no more than ten changes a second."""

AGE_TICK = 0.5
"""Seconds between two looks at the ages of figures: where nothing comes, that is news too."""


class FleetBridge:
    """Reads a subscription and sends `FleetChanged`.

    A change of state is told at once when nothing was told during the last tenth of a second; samples alone wait for
    the refresh period. Figures that grow old by `clock` are told as a change of state is. `send` must not block; it is
    called on the event loop.
    """

    def __init__(
        self,
        hub: EventSource,
        fleet: Fleet,
        send: Callable[[FleetChanged], object],
        refresh: float,
        clock: Moments,
    ) -> None:
        self._clock = clock
        self._fleet = fleet
        self._send = send
        self._refresh = max(refresh, SHORTEST_GAP)
        self._changed: set[str] = set()
        self._all = True
        self._timer: asyncio.TimerHandle | None = None
        self._age_timer: asyncio.TimerHandle | None = None
        # here and not in run: what happens between the start of the transport and the first turn of run counts too
        self._subscription = hub.subscribe(8192)

    async def run(self) -> None:
        """Until cancelled. The first message has every host that the transport was given before."""
        try:
            for event in self._subscription.take():
                self._apply(event)
            self._flush()
            self._look_at_ages()
            while True:
                events = await self._subscription.batch()
                urgent = False
                for event in events:
                    urgent |= self._apply(event)
                if urgent:
                    self._flush()
                elif self._timer is None and (self._changed or self._all):
                    self._timer = asyncio.get_running_loop().call_later(self._refresh, self._flush)
                # gather what comes meanwhile: waking for each of a thousand samples a second costs more than they do
                await asyncio.sleep(SHORTEST_GAP)
        finally:
            self._subscription.close()
            for timer in (self._timer, self._age_timer):
                if timer is not None:
                    timer.cancel()

    def _look_at_ages(self) -> None:
        self._age_timer = asyncio.get_running_loop().call_later(AGE_TICK, self._look_at_ages)
        older = self._fleet.grow_old(self._clock.monotonic())
        if older:
            self._changed |= older
            self._flush()

    def _apply(self, event: Event) -> bool:
        """Note what the event touches; True where the screen should hear of it at once."""
        self._fleet.apply(event)
        match event:
            case HostSampled(host_id=host_id) | SampleFailed(host_id=host_id):
                self._changed.add(host_id)
                return False
            case HostChanged(status=status):
                self._changed.add(status.host_id)
                return True
            case HostAdded() | HostRemoved() | HostUpdated() | EventsLost():
                self._all = True
                return True
            case _:
                return False

    def _flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._send(FleetChanged(self._fleet.rows(), None if self._all else frozenset(self._changed)))
        self._changed.clear()
        self._all = False
