"""Which process wrote something, and whether it still runs. No other process has the same marks, now or later."""

from __future__ import annotations

import json
import os
import socket
from contextlib import suppress
from enum import Enum


class Fate(Enum):
    """What is known of a process: it runs, it has ended, or it is of another machine or container, so neither."""

    RUNS = "runs"
    ENDED = "ended"
    UNKNOWN = "unknown"


def identity(pid: int) -> dict[str, object]:
    """The marks of a process that no other process has: of no other machine, and none that got its number later.

    Raises OSError where the system has no /proc.
    """
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
        boot = file.read().strip()
    return {
        "host": socket.gethostname(),
        "machine": _machine(),
        "boot": boot,
        "space": _space(),
        "pid": pid,
        "start": _start_of(pid),
    }


def own_identity() -> str | None:
    """The marks of this process, as JSON; None where the system cannot tell them."""
    try:
        return json.dumps(identity(os.getpid()))
    except OSError:
        return None


def read_identity(text: str) -> dict[str, object]:
    """The marks that were written; none where the text is no such thing."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def has_ended(text: str) -> bool:
    """Whether the process with these marks ran on this machine, since its last start, and has ended."""
    marks = read_identity(text)
    pid = marks.get("pid")
    if not isinstance(pid, int):
        return False
    now = identity(pid)
    same_place = all(marks.get(key) == now[key] for key in ("boot", "space"))
    return same_place and marks.get("start") != now["start"]


def fate_of(text: str | None) -> Fate:
    """What is known of the process with these marks. All that ran before this machine was started anew has ended."""
    marks = read_identity(text or "")
    pid = marks.get("pid")
    if not isinstance(pid, int):
        return Fate.UNKNOWN
    try:
        now = identity(pid)
    except OSError:
        return Fate.UNKNOWN
    if marks.get("boot") != now["boot"]:
        # images of machines are copied with their id, so the name has to be the same too
        same_machine = bool(now["machine"]) and all(marks.get(key) == now[key] for key in ("machine", "host"))
        return Fate.ENDED if same_machine else Fate.UNKNOWN
    if marks.get("space") != now["space"]:
        return Fate.UNKNOWN
    return Fate.RUNS if marks.get("start") == now["start"] else Fate.ENDED


def _machine() -> str:
    with suppress(OSError), open("/etc/machine-id", encoding="ascii", errors="replace") as file:
        return file.read(64).strip()
    return ""


def _space() -> int:
    """The number of the namespace of process ids: containers of one machine may share a home, not their processes."""
    return os.stat("/proc/self/ns/pid").st_ino


def _start_of(pid: int) -> str | None:
    """When a process started, in ticks since the machine did; None for a process that has ended, and waits for no more
    than its parent's look (Z, proc(5))."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            words = file.read().rpartition(")")[2].split()
            return None if words[0] in "ZX" else words[19]
    except (FileNotFoundError, ProcessLookupError):
        return None
