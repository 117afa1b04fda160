"""What is asked for when files are sent to hosts or fetched from them, and how far that has come. Plain data.

A path is text whose bytes that are no UTF-8 are kept as lone surrogates (PEP 383). No content of a file stands here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from .data_class import dataclass
from .outcome import Stream

if TYPE_CHECKING:
    import asyncio


@dataclass(frozen=True, slots=True)
class NearFile:
    """A file or folder of this machine, and what tells it from another one of that path: `size` in bytes, `changed` in
    nanoseconds since 1970, its inode. Of a folder these say nothing of what is in it: `changed` is when it was looked
    at, which tells a later job's from it."""

    path: str
    is_folder: bool
    size: int = 0
    changed: int = 0
    inode: int = 0


@dataclass(frozen=True, slots=True)
class MoveRules:
    """How files are moved. Without any of these a file that is there already is replaced in one step.

    `preserve`: modes and times are those of the original. `follow`: of a symlink near here its target is sent.
    `replace`: a file that is there already is replaced; else it is left, which is told. `resume`: what an earlier try
    has left is gone on with, once its checksum is right. `verify`: the checksum of the whole file is compared. `sync`:
    the far side has it on its disk before it takes its place.
    """

    preserve: bool = False
    follow: bool = False
    replace: bool = True
    resume: bool = False
    verify: bool = False
    sync: bool = False


AS_USUAL = MoveRules()


@dataclass(frozen=True, slots=True)
class Push:
    """Files for one host. `far` ending with `/` is a folder that they go into; else it is what the only one becomes."""

    sources: tuple[NearFile, ...]
    far: str
    rules: MoveRules = AS_USUAL


@dataclass(frozen=True, slots=True)
class Pull:
    """Files of one host, `far` perhaps with `*`, `?` and `[…]`, into the folder `near`, which is made."""

    far: str
    near: str
    rules: MoveRules = AS_USUAL


@dataclass(frozen=True, slots=True)
class Moved:
    """How far a transfer has come: `done` of `total` bytes, and so many whole `files`. What is in far folders is not
    known before it is listed, so that a total may grow."""

    done: int = 0
    total: int = 0
    files: int = 0


class MoveSink(Protocol):
    """Where a transfer tells of itself: lines as of a command (model.outcome.OutputSink), and how far it has come, a
    few times a second at most. Called on the event loop."""

    def __call__(self, stream: Stream, data: bytes) -> asyncio.Future[None] | None: ...
    def moved(self, moved: Moved) -> None: ...
