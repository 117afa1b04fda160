"""The SSH driver: opens links, and holds what they share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...model.causes import Cause
from ...model.errors import ConnectFailed
from ...model.message import told
from ...model.say import Say
from ...model.settings import CommandGuard, SshSettings
from ...transport.driver import OpenRequest
from ...transport.login_desk import LoginDesk
from ..descriptors import SSH, Descriptors
from ..home import stand_in_for_home
from .hostkeys import HostKeyStore
from .library import load_asyncssh

if TYPE_CHECKING:
    from .moving.link import Moving
    from .opening import Opener
    from .shells import ShellLink


class SshDriver:
    """transport.driver.Driver with asyncssh, which is imported at the first open.

    `key_store` decides on host keys; give the same one to whoever calls its trust(). `desk` is where logins ask a
    person; without one, nobody is asked. `descriptors` counts open files; give the same one to all drivers.
    """

    def __init__(
        self,
        key_store: HostKeyStore | None = None,
        desk: LoginDesk | None = None,
        descriptors: Descriptors | None = None,
    ) -> None:
        self._descriptors = descriptors or Descriptors()
        self.key_store = key_store or HostKeyStore()
        self._desk = desk or LoginDesk()
        self._opener: Opener | None = None
        self._moving: Moving | None = None

    async def open(self, request: OpenRequest) -> ShellLink:
        load_asyncssh()
        from .moving.link import Moving
        from .opening import Opener
        from .shells import ShellLink

        stand_in_for_home()
        if self._opener is None:
            self._opener = Opener(self.key_store, self._desk)
        if self._moving is None:
            self._moving = Moving()
        async with self._descriptors.room(SSH, request.progress):
            connection, owner, route = await self._opener.open(request)
        settings = request.host.ssh or SshSettings()
        guarded = settings.command_guard is not CommandGuard.NONE
        link = ShellLink(request.host.id, connection, owner, route, request.on_lost, guarded)
        link.moving = self._moving
        if not link.is_alive():  # lost between asyncssh's last step and ours
            link.abort()
            reason = told(Say.ENDED_AFTER_LOGIN, where=request.host.id)
            raise ConnectFailed(reason, host=request.host.id, kind=Cause.ENDED_EARLY)
        return link

    async def close(self) -> None:
        """End what is left of proxies that do not end by themselves; for the rest, nothing is held but parsed files."""
        if self._opener is not None:
            await self._opener.close()
