"""What Ctrl+P finds: the commands, the hosts to jump to and the themes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import Protocol, runtime_checkable

from textual.command import CommandList, CommandPalette, DiscoveryHit, Hit, Hits, Provider

from ..commands import ScreenCommand
from ..pace import Paced
from ..services import PathLike
from ..shown import styled
from ..text import safe
from ..views.spec import ViewCommand

MOST_HITS = 50

SETTLES = 0.05
"""Seconds without another key before a search begins: longer than a held key takes to repeat.

A search among 1,000 hosts costs some 35 ms, which is more than a held key leaves, and only the last one is seen."""


LONGEST_LOOK = 0.5
"""Seconds within which a directory has to answer where a path is completed: keys that follow wait for it."""

FREEZE, THAW = "freeze ", "thaw "
IMPORT = "import "

MOVES = ("push ", "pull ")
"""Stands before a source of hosts in the `:` line."""

JUMP = "jump "
"""Stands before a host's id in the `:` line that puts the cursor on it."""

Offer = tuple[str, str, str]
"""What is shown, what it does in words, and the `:` line that does it. The words of a host are its state: they are
looked up for those that are shown."""

Arguments = tuple[ViewCommand, Sequence[str]]
"""A command of a view, and what may stand behind it now."""


def actions(commands: Sequence[ScreenCommand]) -> Iterator[Offer]:
    """What stands in the palette before anything is typed."""
    for command in commands:
        yield command.title, command.help, command.name


def offers(
    commands: Sequence[ScreenCommand],
    hosts: Sequence[str],
    themes: Sequence[str],
    arguments: Iterable[Arguments] = (),
    files: Sequence[str] = (),
) -> Iterator[Offer]:
    """Everything that can be found: commands, those with each argument that they have, hosts to jump to, themes."""
    yield from actions(commands)
    for of_files, file in _into_files(commands, files):
        yield f"{of_files.title} {file}", of_files.help, f"{of_files.name} {file}"
    for command, words in arguments:
        for word in words:
            yield f"{command.title} {word}", command.help, f"{command.name} {word}"
    for host in hosts:
        yield f"host {host}", "", f"{JUMP}{host}"
    for name in themes:
        yield f"theme {name}", "change the colours", f"theme {name}"


def completions(
    commands: Sequence[ScreenCommand],
    hosts: Sequence[str],
    groups: Sequence[str],
    themes: Sequence[str],
    arguments: Iterable[Arguments] = (),
    text: str = "",
    files: Sequence[str] = (),
    frozen: Sequence[str] = (),
) -> list[str]:
    """What may be typed after `:`, the shortest things first; what is done to hosts may name a group of them. `text` is
    what stands there. `frozen` are the sets of the freezes that there are."""
    names = [command.name for command in commands]
    on_groups = [f"{command.name} @{group}" for command in commands if command.needs_hosts for group in groups]
    with_words = [line for command, words in arguments for line in _with_words(command, words, text)]
    on_hosts = (f"{JUMP}{host}" for host in hosts)
    sources = _sources(commands) if text.startswith(IMPORT) else ()
    into_files = (f"{command.name} {file}" for command, file in _into_files(commands, files))
    of_freezes = _freezes(hosts, groups, frozen, text)
    themed = (f"theme {name}" for name in themes)
    return [*names, *themed, *with_words, *sources, *into_files, *on_groups, *of_freezes, *on_hosts]


def _freezes(hosts: Sequence[str], groups: Sequence[str], frozen: Sequence[str], text: str) -> Iterator[str]:
    """The set that is to be frozen, and those that can be thawed, each once it is asked for."""
    if text.startswith(THAW):
        yield from (f"{THAW}{words}" for words in frozen)
    elif text.startswith(FREEZE) and " " not in text.removeprefix(FREEZE):
        yield from (f"{FREEZE}{name} " for name in ("@all", *(f"@{group}" for group in groups), *hosts))


def _sources(commands: Sequence[ScreenCommand]) -> list[str]:
    """The import from each source of hosts."""
    from ...config.imports.sources import SOURCES

    return [f"{IMPORT}{name}" for name in SOURCES] if any(command.name == "import" for command in commands) else []


async def path_completed(text: str, path_like: PathLike) -> str | None:
    """The line with the path that is typed there completed. A directory that does not answer offers nothing."""
    begun = _begun_path(text)
    if begun is None:
        return None
    with suppress(TimeoutError):
        async with asyncio.timeout(LONGEST_LOOK):
            found = await path_like(begun[1])
            return begun[0] + found if found and found != begun[1] else None
    return None


def _begun_path(text: str) -> tuple[str, str] | None:
    """What stands before the path of a file that is being typed behind `:`, and what of it stands there; None where
    there is none. The names of a list are no file."""
    if text.startswith(MOVES):
        return _moved_path(text)
    if not text.startswith(IMPORT):
        return None
    from ...config.imports.offer import TYPED

    command, source, where = (*text.split(" ", 2), "", "")[:3]
    return (f"{command} {source} ", where) if where and source != TYPED else None


def _moved_path(text: str) -> tuple[str, str] | None:
    """The same of `push` and `pull`: the word at the end, which may be a path of this machine."""
    before, _, word = text.rpartition(" ")
    is_far = text.startswith("pull ") and len([each for each in before.split()[1:] if each[0] not in "@-"]) != 1
    return None if not word or word[0] in "@-" or is_far else (f"{before} ", word)


def _into_files(commands: Sequence[ScreenCommand], files: Sequence[str]) -> Iterator[tuple[ScreenCommand, str]]:
    """The commands whose one argument is a file of hosts, with each of the files where there are several."""
    for command in commands:
        if command.action is not None and [each.name for each in command.action.arguments] == ["file"]:
            yield from ((command, file) for file in files if len(files) > 1)


def _with_words(command: ViewCommand, words: Sequence[str], text: str) -> list[str]:
    """The command with each word; where some stand there with commas between them, with each of the others more."""
    begun, comma, _ = text.rpartition(",")
    if not comma or not command.several or not begun.startswith(f"{command.name} "):
        return [f"{command.name} {word}" for word in words]
    there = begun.removeprefix(f"{command.name} ").split(",")
    return [f"{begun},{word}" for word in words if word not in there]


@runtime_checkable
class OffersCommands(Protocol):
    """An application that has something to choose, whatever its screen."""

    def actions(self) -> Iterable[Offer]: ...
    def offers(self) -> Iterable[Offer]: ...
    def state_of(self, host_id: str) -> str: ...
    def type_command(self, line: str) -> None: ...


class FleetCommands(Provider):
    """Searches what the application offers."""

    async def discover(self) -> Hits:
        # hosts are found when something is typed: there may be a thousand
        known = self.app.actions() if isinstance(self.app, OffersCommands) else ()
        for name, help_text, line in self._shown(known):
            yield DiscoveryHit(styled(name), self._chosen(line), text=name, help=help_text)

    _newest: object = None

    async def search(self, query: str) -> Hits:
        mine = self._newest = object()
        await asyncio.sleep(SETTLES)
        if self._newest is not mine:
            return  # Textual leaves the search of a key before alone, and takes nothing of it
        matcher = self.matcher(query)
        scored = [(matcher.match(name), name, help_text, line) for name, help_text, line in self._shown(self._offers())]
        best = sorted((hit for hit in scored if hit[0] > 0), key=lambda hit: -hit[0])
        for score, name, help_text, line in best[:MOST_HITS]:
            words = help_text or self._state_of(line.removeprefix(JUMP))
            yield Hit(score, styled(name), self._chosen(line), text=name, help=words)

    def _state_of(self, host_id: str) -> str:
        return self.app.state_of(host_id) if isinstance(self.app, OffersCommands) else ""

    def _offers(self) -> Iterable[Offer]:
        return self.app.offers() if isinstance(self.app, OffersCommands) else ()

    @staticmethod
    def _shown(offers: Iterable[Offer]) -> Iterator[Offer]:
        for name, help_text, line in offers:
            yield safe(name), safe(help_text).replace("[", "("), line  # Textual reads the help of a hit as markup

    def _chosen(self, line: str) -> Callable[[], None]:
        app = self.app
        assert isinstance(app, OffersCommands)
        return partial(app.type_command, line)


class Palette(Paced, CommandPalette):
    """Textual's, but that no key acts on its list while the terminal has no room for it.

    There a page up or down raises KeyError (Textual 8.2.8, OptionList._move_page), and Enter would choose unseen.
    """

    def _action_command_list(self, action: str) -> None:
        found = self.query_one(CommandList)
        if found.scrollable_content_region and found.region.overlaps(self.region):
            super()._action_command_list(action)
