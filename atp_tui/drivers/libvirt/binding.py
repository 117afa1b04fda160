"""libvirt's Python binding, loaded late, silenced, and joined to our event loop, once for the process."""

from __future__ import annotations

import functools
import importlib
import os
from dataclasses import dataclass
from typing import Any

from ...model.errors import ConnectFailed
from .eventloop import EventLoop

LOG_OUTPUTS = "LIBVIRT_LOG_OUTPUTS"


@dataclass(frozen=True, slots=True)
class Binding:
    """The module `libvirt`, and the event loop that is registered with it."""

    libvirt: Any
    events: EventLoop


def load() -> Binding:
    """The binding, ready to open connections. Raises ConnectFailed (permanent) where it is not installed."""
    try:
        return _load()
    except ImportError as error:
        raise ConnectFailed(
            f"libvirt's Python binding cannot be loaded ({error}); install the package python3-libvirt, "
            "or libvirt-python with pip",
            permanent=True,
        ) from error


@functools.cache
def _load() -> Binding:
    # libvirt reads the variable when it is loaded. Without it, its log goes to file descriptor 2: over the screen.
    outputs = os.environ.get(LOG_OUTPUTS, "")
    if not outputs or "stderr" in outputs:
        os.environ[LOG_OUTPUTS] = "4:file:/dev/null"
        os.environ.pop("LIBVIRT_DEBUG", None)  # it would tell of the change above, there
    libvirt = importlib.import_module("libvirt")
    libvirt.registerErrorHandler(_unheard, None)
    events = EventLoop(libvirt)
    events.start()
    return Binding(libvirt, events)


def _unheard(_context: object, _error: object) -> None:
    """libvirt's own handler prints each error; ours are raised, and shown by whoever catches them."""
