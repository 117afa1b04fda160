"""The columns of the fault matrix: what each fault does to a proxy and to the daemon behind it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from atp_tui.api import ConnectFailed, ConnectTimeout, TransportError

from .apart import Proxy
from .proxy import PASS, Kind, Mode


class Daemon(Protocol):
    """A real daemon that can be stopped."""

    def stop(self) -> None: ...
    def cont(self) -> None: ...


@dataclass(frozen=True)
class Fault:
    """`strike` makes it happen to open and to new connections. `opening` is what an attempt to open ends with.

    `cuts`: an open connection learns of it at once, and a call in flight is lost. `reconnects`: the fault is one of
    opening, so what was open is cut first, and the operation finds the connection on its way back into the fault.
    """

    strike: Callable[[Proxy, Daemon], None]
    opening: type[TransportError]
    cuts: bool = False
    reconnects: bool = False

    def hit(self, proxy: Proxy, daemon: Daemon) -> None:
        """Strike; connections that are open are cut where only new ones can have the fault."""
        if self.reconnects:
            proxy.set(Mode(Kind.RST))
        self.strike(proxy, daemon)


def _mode(mode: Mode) -> Callable[[Proxy, Daemon], None]:
    return lambda proxy, _: proxy.set(mode)


def lift(proxy: Proxy, daemon: Daemon) -> None:
    """End whatever fault there is."""
    daemon.cont()
    proxy.set(PASS)


FAULTS: dict[str, Fault] = {
    "refused": Fault(_mode(Mode(Kind.REFUSE)), ConnectFailed, reconnects=True),
    "syn_dropped": Fault(_mode(Mode(Kind.DROP)), ConnectTimeout, reconnects=True),
    "silent": Fault(_mode(Mode(Kind.SILENT)), ConnectTimeout, reconnects=True),
    "cut_rst": Fault(_mode(Mode(Kind.RST)), ConnectFailed, cuts=True),
    "cut_fin": Fault(_mode(Mode(Kind.FIN)), ConnectFailed, cuts=True),
    "truncated": Fault(_mode(Mode(Kind.FIN, after=10)), ConnectFailed, cuts=True),
    "half_open": Fault(_mode(Mode(Kind.HALF_OPEN, after=10)), ConnectTimeout),
    "stopped": Fault(lambda _, daemon: daemon.stop(), ConnectTimeout),
    "slow": Fault(_mode(Mode(Kind.TRICKLE)), ConnectTimeout),
}
