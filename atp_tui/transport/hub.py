"""News from the transport to whoever subscribes. A slow reader loses the oldest news and is told how much."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from types import TracebackType

from ..model.events import Event, EventsLost


class Subscription:
    """A bounded queue of events. `async for` gives them one by one, `batch` and `take` all that have come."""

    def __init__(self, hub: EventHub, size: int, without: type[Event] | None) -> None:
        self._hub = hub
        self._size = size
        self.without = without
        self._events: deque[Event] = deque()
        self._lost = 0
        self._waiter: asyncio.Future[None] | None = None
        self.closed = False

    def _put(self, event: Event) -> None:
        if len(self._events) >= self._size:
            self._events.popleft()
            self._lost += 1
        self._events.append(event)
        if self._waiter is not None:
            self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def batch(self) -> list[Event]:
        """Wait for at least one event, then `take` all.

        After `close` the list is empty. One task at a time may wait.
        """
        while not self._events and not self.closed:
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        return self.take()

    def take(self) -> list[Event]:
        """All events that have come, perhaps none. Where some were dropped, EventsLost comes first."""
        taken = list(self._events)
        self._events.clear()
        if self._lost and taken:
            taken.insert(0, EventsLost(taken[0].at, self._lost))
            self._lost = 0
        return taken

    async def __aiter__(self) -> AsyncIterator[Event]:
        while batch := await self.batch():
            for event in batch:
                yield event

    def close(self) -> None:
        """Take no more news; a reader that waits gets what was left, then the end."""
        self.closed = True
        self._hub.unsubscribe(self)
        self._wake()

    def __enter__(self) -> Subscription:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class EventHub:
    """Publishing never waits and never fails."""

    def __init__(self) -> None:
        self._subscriptions: list[Subscription] = []

    def subscribe(self, size: int = 1024, *, without: type[Event] | None = None) -> Subscription:
        """A new queue of at most `size` events that sees everything from now on, but for events of class `without`.

        Raises ValueError for a queue that could hold nothing.
        """
        if size < 1:
            raise ValueError(f"a queue of {size} events")
        subscription = Subscription(self, size, without)
        self._subscriptions.append(subscription)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """Forget a queue; once more does no harm."""
        if subscription in self._subscriptions:
            self._subscriptions.remove(subscription)

    def publish(self, event: Event) -> None:
        """Give an event to every subscriber."""
        for subscription in self._subscriptions:
            without = subscription.without
            if without is None or not isinstance(event, without):
                subscription._put(event)
