"""The output of a run in files, one for each stream of each host. A slow disk never holds the event loop."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from ..model.file_names import host_file_name
from ..model.outcome import Stream
from .writing_thread import WritingThread

WAITING = 1 << 20
"""Bytes that may wait for the disk before `room` waits for it."""

SUFFIXES: dict[Stream, str] = {"stdout": ".out", "stderr": ".err"}

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_MORE = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC


def folder_for(path: Path, *, overwrite: bool) -> int:
    """A descriptor of the directory, which is made for its owner alone where it is not there.

    Raises OSError; FileExistsError where it holds something already, unless `overwrite`.
    """
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700, parents=True)
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if not overwrite and os.listdir(descriptor):
            raise FileExistsError
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


class OutputFiles(WritingThread[tuple[Callable[[], object], int]]):
    """Files below the directory `folder`, a descriptor, written by a thread of its own, in the order of the calls.

    A file is made, with mode 0600, when the work on its host begins. One of that name that is there already is put
    away first where `overwrite`; where not, that is a trouble. `on_trouble` has the host and the error, on the event
    loop, once for a host, of which nothing more is written.
    """

    def __init__(self, folder: int, on_trouble: Callable[[str, OSError], object], *, overwrite: bool = False) -> None:
        super().__init__("output files", WAITING)
        self._folder = folder
        self._on_trouble = on_trouble
        self._overwrite = overwrite
        self._made: set[str] = set()
        self._lost: set[str] = set()

    def begin(self, host: str) -> None:
        """The work on a host begins, or begins anew: what has come before is no part of its output."""
        self._put((lambda: self._for(host, self._begin), 0))

    def add(self, host: str, stream: Stream, data: bytes) -> None:
        """More bytes of one of its streams."""
        size = len(data)
        self._put((lambda: self._for(host, lambda host: self._add(host, stream, data)), size), size)

    def end(self, host: str) -> None:
        """A host is done. Where its work has not begun, no file of an earlier run may pass for one of this run."""
        self._put((lambda: self._for(host, self._end_of), 0))

    def _work(self, items: Iterator[tuple[Callable[[], object], int]]) -> None:
        for act, size in items:
            act()
            if size:
                self._tell(self._written, size)

    def _for(self, host: str, act: Callable[[str], object]) -> None:
        if host in self._lost:
            return
        try:
            act(host)
        except OSError as error:
            self._lost.add(host)
            self._tell(self._on_trouble, host, error)

    def _begin(self, host: str) -> None:
        if self._overwrite or host in self._made:
            self._remove(host)
        for suffix in SUFFIXES.values():
            os.close(os.open(host_file_name(host, suffix), _NEW, 0o600, dir_fd=self._folder))
        self._made.add(host)

    def _add(self, host: str, stream: Stream, data: bytes) -> None:
        file = os.open(host_file_name(host, SUFFIXES[stream]), _MORE, dir_fd=self._folder)
        try:
            while data:
                data = data[os.write(file, data) :]
        finally:
            os.close(file)

    def _end_of(self, host: str) -> None:
        if self._overwrite and host not in self._made:
            self._remove(host)

    def _remove(self, host: str) -> None:
        for suffix in SUFFIXES.values():
            with contextlib.suppress(FileNotFoundError):
                os.unlink(host_file_name(host, suffix), dir_fd=self._folder)
