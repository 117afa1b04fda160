"""`:push FILE… /path` and `:pull /path FOLDER` of the screen: what was typed becomes a job on the hosts pointed at.
`:forward` begins here, too."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Protocol

from ...actions.action import Invocation, Value
from ...actions.files import FILE_WORDS, FOLLOW, MOVE_WORDS, words_of
from ...actions.job_words import taken
from ...engine.fleet import Fleet
from ...model.errors import ActionFailed
from ...model.far_paths import shown, to_bytes
from ..words import sentence

_WORDS = (*MOVE_WORDS, *FILE_WORDS)

_USAGE = {
    "push": "files here and a path there are needed: push app.conf /etc/app/",
    "pull": "a path there and a folder here are needed: pull /var/log/syslog logs",
}


class FileSurface(Protocol):
    """The main screen, as far as files need it."""

    def tell(self, text: str, *, wrong: bool = False) -> None: ...
    def ask_for(self, command: str) -> None: ...
    def spawn(self, work: Coroutine[None, None, None]) -> None: ...


class Jobs(Protocol):
    """What starts jobs: JobDispatch."""

    def has_room(self) -> bool: ...
    def start(self, invocation: Invocation) -> None: ...


class Starting(Protocol):
    """What starts a job: Dispatch."""

    def hosts_for(self, named: str) -> tuple[str, ...]: ...
    def invocation(self, action: str, hosts: Sequence[str], arguments: Mapping[str, Value]) -> Invocation: ...
    @property
    def jobs(self) -> Jobs: ...
    def if_confirmed(
        self, invocation: Invocation, title: str, yes: str, act: Callable[[Invocation], object], words: str
    ) -> None: ...


def start(screen: FileSurface, starting: Starting, fleet: Fleet, action: str, line: str) -> None:
    """Do what a line of `push`, `pull` or `forward` says."""
    if action == "forward":
        from .forward_dispatch import start as start_forward

        start_forward(screen, fleet, starting, line)
        return
    FileDispatch(screen, starting).start(action, line)


class FileDispatch:
    """Both commands. `folder` is where paths of this machine begin that are relative."""

    def __init__(self, screen: FileSurface, starting: Starting, folder: Callable[[], str] = os.getcwd) -> None:
        self._screen = screen
        self._starting = starting
        self._folder = folder

    def start(self, action: str, line: str) -> None:
        """Send files, `push`: `@rack1 --preserve a b /there/`; or fetch some, `pull`: `/there/* folder`."""
        word, _, rest = line.strip().partition(" ")
        named, rest = (word, rest) if word.startswith("@") else ("", line)
        try:
            options, rest = taken(rest, (*_WORDS, FOLLOW) if action == "push" else _WORDS)
            words = words_of(rest)
        except ActionFailed as error:
            self._screen.tell(sentence(error.reason), wrong=True)
            return
        if len(words) < 2 or (action == "pull" and len(words) != 2):
            self._screen.tell(_USAGE[action], wrong=True)
            return
        hosts = self._starting.hosts_for(named)
        if not hosts:
            return
        near = [self._near(each) for each in (words[:-1] if action == "push" else words[1:])]
        if action == "push":
            given: dict[str, Value] = {**options, "files": shlex.join(near), "path": words[-1]}
            told = (*near, words[-1])
        else:
            given = {**options, "path": words[0], "folder": near[0]}
            told = (words[0], *near)
        invocation = self._starting.invocation(action, hosts, given)
        title = f"{action} {' '.join(shown(to_bytes(each)) for each in told)}"
        jobs = self._starting.jobs
        if jobs.has_room():
            self._starting.if_confirmed(invocation, f"{action} files", "go on", jobs.start, title)

    def _near(self, path: str) -> str:
        whole = os.path.join(self._folder(), os.path.expanduser(path))
        return whole.rstrip("/") or "/"
