"""What becomes known by logins, for the rest of the engine: that the questions are others, that an answer is there
which hosts have missed, and what a person should know of a host, such as the end of a certificate."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from contextlib import suppress

from ..model.connection import ConnectionState
from ..model.errors import HostUnknown
from ..model.events import HostNoted, QuestionsChanged
from ..model.message import Message
from ..transport.login_desk import LoginDesk
from ..transport.manager import TransportManager
from .source import KeyStore


class LoginNews:
    """Listens to a desk for as long as both live."""

    def __init__(self, desk: LoginDesk, manager: TransportManager, host_keys: KeyStore) -> None:
        self._manager = manager
        self._tells = False
        desk.listen(self._changed)
        desk.helped.append(self._helped)
        host_keys.note = self._note

    def _changed(self) -> None:
        """Told once a turn of the event loop: five hundred logins may begin to wait in one."""
        if not self._tells:
            self._tells = True
            asyncio.get_running_loop().call_soon(self._tell)

    def _tell(self) -> None:
        self._tells = False
        self._manager.hub.publish(QuestionsChanged(self._manager.clock.monotonic()))

    def _note(self, host_id: str, message: Message) -> None:
        self._manager.hub.publish(HostNoted(self._manager.clock.monotonic(), host_id, message))

    def _helped(self, hosts: Collection[str]) -> None:
        for host_id in hosts:
            with suppress(HostUnknown):
                if (
                    self._manager.host_state(host_id).state is ConnectionState.FAILED
                ):  # not where a person has closed it
                    self._manager.retry(host_id)
