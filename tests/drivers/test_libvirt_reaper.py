"""Handles that the garbage collector finds are freed on the reaper's thread, wherever it ran."""

from __future__ import annotations

import gc
import threading
import time
from typing import Any

from atp_tui.drivers.libvirt import reaper
from atp_tui.drivers.libvirt.binding import load


def test_a_handle_in_a_cycle_is_freed_elsewhere() -> None:
    freed: list[str] = []
    names: list[str] = []

    class Handle:
        def __del__(self) -> None:
            names.append(threading.current_thread().name)
            freed.append("yes")

    class Library:
        virDomain = Handle

    load()  # the reaper's thread is there from now on
    Handle.__del__ = reaper._later(Handle.__del__)  # type: ignore[method-assign]
    cycle: list[Any] = [Library.virDomain()]
    cycle.append(cycle)
    del cycle
    gc.collect()
    limit = time.monotonic() + 20
    while not freed and time.monotonic() < limit:
        time.sleep(0.01)
    assert (freed, names) == (["yes"], ["libvirt-reaper"]), "once, and there"


def test_the_bindings_own_handles_are_its_affair() -> None:
    libvirt = load().libvirt
    for name in ("virConnect", "virDomain"):
        assert getattr(libvirt, name).__del__.__module__ == reaper.__name__
    connection = libvirt.open("test:///default")
    assert connection.listAllDomains()
    connection.close()
