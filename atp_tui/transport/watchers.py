"""Tasks that wait for a connection's next transition, woken in the order in which they came."""

from __future__ import annotations

import asyncio

from ..model.ending import confirm_end


class Watchers:
    """One future a task. Addresses must play no part in their order: a run is repeatable."""

    __slots__ = ("_futures",)

    def __init__(self) -> None:
        self._futures: dict[asyncio.Future[None], None] = {}

    async def wait(self) -> None:
        """Until the next `wake`."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._futures[future] = None
        try:
            await future
        except asyncio.CancelledError as error:
            confirm_end(error)  # there is no link yet: nothing was asked of the peer
            raise
        finally:
            self._futures.pop(future, None)

    def wake(self) -> None:
        """There was a transition."""
        for future in self._futures:
            if not future.done():
                future.set_result(None)
