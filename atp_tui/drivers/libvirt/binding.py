"""libvirt's Python binding, loaded late, silenced, and joined to our event loop, once for the process."""

from __future__ import annotations

import functools
import importlib
import os
import threading
from dataclasses import dataclass
from typing import Any

from ...model.causes import Cause
from ...model.errors import ConnectFailed
from ...model.message import told
from ...model.say import Say
from . import reaper
from .eventloop import EventLoop

LOG_OUTPUTS = "LIBVIRT_LOG_OUTPUTS"
AUTH_FILE = "LIBVIRT_AUTH_FILE"

_LOADING = threading.Lock()

CALLS_TOGETHER = 10_004_000
"""The client library from which on several threads may call on one connection: 10.4.0.

In an older one, a thread that waits for its answer and is woken by another caller leaves its event source behind, which
points into its stack (CVE-2024-4418, not fixed in Debian 12's 9.0.0). The next event crashes the program: with two
callers on a host that falls silent, most of the time.
"""


@dataclass(frozen=True)
class Binding:
    """The module `libvirt`, and the event loop that is registered with it.

    `auth_file` is the auth.conf that the environment names, if it does; `no_auth_file` the path of an empty one.
    """

    libvirt: Any
    events: EventLoop
    auth_file: str | None
    no_auth_file: str

    @functools.cached_property
    def max_requests(self) -> int | None:
        """How many calls one connection can carry at the same time; None: any number."""
        return None if self.libvirt.getVersion() >= CALLS_TOGETHER else 1


def load() -> Binding:
    """The binding, ready to open connections. Raises ConnectFailed (permanent) where it is not installed."""
    try:
        with _LOADING:  # on a thread, and by who connects meanwhile
            return _load()
    except ImportError as error:
        raise ConnectFailed(
            told(Say.NO_BINDING, why=str(error)),
            permanent=True,
            kind=Cause.NO_BINDING,
        ) from error


@functools.cache
def _load() -> Binding:
    """Each step is made once, also where a later one fails for want of a thread or a descriptor, and is tried again."""
    libvirt = import_silenced()
    libvirt.registerErrorHandler(_unheard, None)
    _reaper(libvirt)
    events = _events(libvirt)
    events.start()
    # open as long as the process lives; a file that is missing, or is none, libvirt takes for an error
    empty = os.memfd_create("no-auth.conf")
    # libvirt would prefer this file to all others, and look for the wrong host in it: see auth_conf
    auth_file = os.environ.pop(AUTH_FILE, None)
    return Binding(libvirt, events, auth_file, f"/proc/self/fd/{empty}")


def import_silenced() -> Any:
    """The module `libvirt`, whose log does not reach the screen. Raises what the import raises."""
    # libvirt reads the variable when it is loaded. Without it, its log goes to file descriptor 2: over the screen.
    outputs = os.environ.get(LOG_OUTPUTS, "")
    if not outputs or "stderr" in outputs:
        os.environ[LOG_OUTPUTS] = "4:file:/dev/null"
        for told in ("LIBVIRT_DEBUG", "LIBVIRT_LOG_FILTERS"):
            os.environ.pop(told, None)  # they would have it tell of the change above, there
    return importlib.import_module("libvirt")


_events = functools.cache(EventLoop)
_reaper = functools.cache(reaper.install)


def _unheard(_context: object, _error: object) -> None:
    """libvirt's own handler prints each error; ours are raised, and shown by whoever catches them."""
