"""What the screens are given: the port to the fleet, and what a person has chosen.

Nothing here imports the transport, asyncssh or libvirt: the first frame must not wait for them.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import field
from pathlib import Path
from typing import Protocol, TypeVar

from ..actions.action import Action
from ..config.accents import Accents
from ..config.remembered import ScreenMemory
from ..engine.fleet import Fleet
from ..model.data_class import dataclass
from ..model.outcome import ExitStatus
from ..model.ring import JobsSettings

T = TypeVar("T")

RunRing = Callable[[Mapping[str, str]], Awaitable[str]]
"""Runs the command of `[jobs] ring_command` with these variables; gives why it did not go well, "" where it did."""


class Aside(Protocol):
    """Does what waits for a disk beside the event loop; gives what the work gives, and raises what it raises."""

    async def __call__(self, work: Callable[[], T]) -> T: ...


PathLike = Callable[[str], Awaitable[str]]
"""Gives the first path that goes on from a beginning, "" for none."""


async def _at_once(work: Callable[[], T]) -> T:
    return work()


async def _no_path(beginning: str) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Services:
    """All that the screens are given.

    `actions` are those of the registry; `read_only`: none passes that changes something. `refresh` is the seconds
    between repaints of metrics. `start` is entered on the application's loop after the first frame was painted and
    left when it quits: it starts the transport and adds the hosts. `history_file` None keeps the history of commands
    in memory alone, and lines of `history_secrets` are not kept at all. `period` is the seconds between two samples
    of a host, `lock_after` those without a key or the mouse after which the screen is locked.
    `theme_folders` hold themes beside the program's own. `notice` is told at the start, as something that is wrong.
    `who` is the person at the screen. `keys` are the keys that this person has chosen, by the id of what they do.
    `view` is the locator of the view to begin with. `dump_folder` gives the directory for pictures of the screen;
    it may raise ConfigError.
    `accents` are tags with their colours; `memory` is what is
    remembered of how this fleet was looked at. `path_like` completes paths of files.
    `aside` does what waits for a disk.
    `shell_ended` tells how the last shell ended: None where it was left from here.
    `ring` says how the end of a long job rings; `ring_command` runs the command that it has.
    """

    fleet: Fleet
    actions: tuple[Action, ...]
    source: str
    read_only: bool = False
    who: str = ""
    file: Path | None = None
    refresh: float = 1.0
    period: float = 2.0
    lock_after: float = math.inf
    keys: tuple[tuple[str, str], ...] = ()
    view: str | None = None
    dump_folder: Callable[[], Path] = Path.cwd
    theme: str | None = None
    theme_folders: tuple[Path, ...] = ()
    notice: str = ""
    ascii_only: bool = False
    history_file: Path | None = None
    history_secrets: tuple[str, ...] = ()
    accents: Accents = ()
    ring: JobsSettings = field(default_factory=JobsSettings)
    ring_command: RunRing | None = None
    path_like: PathLike = _no_path
    aside: Aside = _at_once
    memory: ScreenMemory = field(default_factory=ScreenMemory)
    shell_ended: Callable[[], ExitStatus | None] = lambda: None
    start: Callable[[], AbstractAsyncContextManager[object]] | None = None
