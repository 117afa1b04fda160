"""Frees libvirt's handles on a thread of their own.

The binding frees a handle where Python drops it: on whatever thread the garbage collector happens to run, libvirt's
event thread among them, in the middle of a callback and with locks held. The last handle of a connection says goodbye
over the network there, and waits for an answer that this very thread would have to read: a deadlock of all of them.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

HANDLES = (
    "virConnect",
    "virDomain",
    "virDomainCheckpoint",
    "virDomainSnapshot",
    "virInterface",
    "virNetwork",
    "virNetworkPort",
    "virNodeDevice",
    "virNWFilter",
    "virNWFilterBinding",
    "virSecret",
    "virStoragePool",
    "virStorageVol",
    "virStream",
)
"""The binding's classes that free something when they go; an older binding lacks some."""

_dropped: queue.SimpleQueue[tuple[Callable[[Any], None], Any]] = queue.SimpleQueue()
# SimpleQueue.put is the one that may be called from a destructor: https://docs.python.org/3/library/queue.html


def install(libvirt: ModuleType) -> None:
    """Have every handle freed by the reaper from now on. Once, before the first connection.

    Raises RuntimeError where no thread can be started: nothing is changed then, and it may be called again.
    """
    threading.Thread(target=_reap, name="libvirt-reaper", daemon=True).start()
    for name in HANDLES:
        kind = getattr(libvirt, name, None)
        if kind is not None and "__del__" in vars(kind):
            kind.__del__ = _later(kind.__del__)


def _later(free: Callable[[Any], None]) -> Callable[[Any], None]:
    def __del__(handle: Any) -> None:
        _dropped.put((free, handle))  # alive again until then; Python calls a destructor once only

    return __del__


def _reap() -> None:
    while True:
        free, handle = _dropped.get()
        free(handle)
        del handle  # what it held, its connection perhaps, comes here in its turn
