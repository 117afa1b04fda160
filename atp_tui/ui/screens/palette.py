"""What Ctrl+P finds: the commands, the hosts to jump to and the themes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Protocol, runtime_checkable

from textual.command import CommandList, CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from ...monitor.fleet import HostRow
from ..commands import ScreenCommand
from ..text import safe
from ..words import state_word

MOST_HITS = 50

SETTLES = 0.05
"""Seconds without another key before a search begins: longer than a held key takes to repeat.

A search among 1,000 hosts costs some 35 ms, which is more than a held key leaves, and only the last one is seen."""


Offer = tuple[str, str, str]
"""What is shown, what it does in words, and the `:` line that does it."""


def offers(commands: Sequence[ScreenCommand], rows: Sequence[HostRow], themes: Sequence[str]) -> Iterator[Offer]:
    """Everything that can be found: commands, hosts to jump to, themes."""
    for command in commands:
        yield command.title, command.help, command.name
    for row in rows:
        yield f"host {row.id}", state_word(row.state), f"jump {row.id}"
    for name in themes:
        yield f"theme {name}", "change the colours", f"theme {name}"


def completions(commands: Sequence[ScreenCommand], rows: Sequence[HostRow], themes: Sequence[str]) -> list[str]:
    """What may be typed after `:`, the shortest things first."""
    names = [command.name for command in commands]
    return [*names, *(f"theme {name}" for name in themes), *(f"jump {row.id}" for row in rows)]


@runtime_checkable
class OffersCommands(Protocol):
    """An application that has something to choose, whatever its screen."""

    def offers(self) -> Iterable[Offer]: ...
    def type_command(self, line: str) -> None: ...


class FleetCommands(Provider):
    """Searches what the application offers."""

    async def discover(self) -> Hits:
        # hosts are left out before anything is made of them: there may be a thousand
        for name, help_text, line in self._offers(lambda line: not line.startswith(("jump ", "theme "))):
            yield DiscoveryHit(Content(name), self._chosen(line), text=name, help=help_text)

    _newest: object = None

    async def search(self, query: str) -> Hits:
        mine = self._newest = object()
        await asyncio.sleep(SETTLES)
        if self._newest is not mine:
            return  # Textual leaves the search of a key before alone, and takes nothing of it
        matcher = self.matcher(query)
        scored = [(matcher.match(name), name, help_text, line) for name, help_text, line in self._offers()]
        best = sorted((hit for hit in scored if hit[0] > 0), key=lambda hit: -hit[0])
        for score, name, help_text, line in best[:MOST_HITS]:
            yield Hit(score, Content(name), self._chosen(line), text=name, help=help_text)

    def _offers(self, wanted: Callable[[str], bool] = lambda line: True) -> Iterator[Offer]:
        if isinstance(self.app, OffersCommands):
            for name, help_text, line in self.app.offers():
                if wanted(line):
                    # Textual reads the help of a hit as markup
                    yield safe(name), safe(help_text).replace("[", "("), line

    def _chosen(self, line: str) -> Callable[[], None]:
        app = self.app
        assert isinstance(app, OffersCommands)
        return partial(app.type_command, line)


class Palette(CommandPalette):
    """Textual's, but that no key acts on its list while the terminal has no room for it.

    There a page up or down raises KeyError (Textual 8.2.8, OptionList._move_page), and Enter would choose unseen.
    """

    def _action_command_list(self, action: str) -> None:
        found = self.query_one(CommandList)
        if found.scrollable_content_region and found.region.overlaps(self.region):
            super()._action_command_list(action)
