"""Names to addresses, on threads of our own: a resolver that hangs must neither block the loop nor its executor."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
from functools import partial

from ..model.causes import Cause
from ..model.errors import ConnectFailed
from ..model.message import told
from ..model.quoting import redacted
from ..model.say import Say
from .aside import Shared, begun
from .system import lookup_cause

_THREADS = 64


class Resolver:
    """getaddrinfo cannot be cut short: a question outlives the caller who gave up. Callers who ask for the same name
    share one question, and at most 64 are open."""

    def __init__(self) -> None:
        self._asked: Shared[str, list[str]] = Shared()
        self._free = asyncio.Semaphore(_THREADS)

    async def addresses(self, name: str) -> list[str]:
        """The addresses of a name as text, the preferred first; IPv6 link-local ones with their `%zone`.

        Raises ConnectFailed for a name without any.
        """
        with contextlib.suppress(ValueError):
            ipaddress.ip_address(name)
            return [name]
        if name not in self._asked:
            await self._free.acquire()
            if name in self._asked:  # someone asked while we waited
                self._free.release()
        try:
            return list(await self._asked.ask(name, partial(self._begin, name)))
        except OSError as error:
            reason = told(Say.NAME_HAS_NO_ADDRESS, name=redacted(name), why=error.strerror or str(error))
            raise ConnectFailed(reason, kind=lookup_cause(error)) from error

    def _begin(self, name: str) -> asyncio.Future[list[str]]:
        try:
            answer = begun(f"resolve-{name}", partial(_look_up, name))
        except RuntimeError as error:  # no more threads are to be had just now
            self._free.release()
            reason = told(Say.NAME_NOT_LOOKED_UP, name=redacted(name), why=str(error))
            raise ConnectFailed(reason, kind=Cause.LOOKUP_FAILED) from error
        answer.add_done_callback(lambda _: self._free.release())
        return answer


def _look_up(name: str) -> list[str]:
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise OSError(0, "not a host name") from error
    numeric = (socket.getnameinfo(entry[4], socket.NI_NUMERICHOST | socket.NI_NUMERICSERV)[0] for entry in found)
    return list(dict.fromkeys(numeric))
