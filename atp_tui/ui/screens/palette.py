"""What Ctrl+P finds: the commands, the hosts to jump to and the themes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Protocol, runtime_checkable

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from ..text import safe

MOST_HITS = 50


@runtime_checkable
class OffersCommands(Protocol):
    """A screen that has something to choose: what is shown, what it does in words, and what is typed for it."""

    def offers(self) -> Iterable[tuple[str, str, str]]: ...
    def type_command(self, line: str) -> None: ...


class FleetCommands(Provider):
    """Searches what the screen offers."""

    async def discover(self) -> Hits:
        for name, help_text, line in self._offers():
            if not line.startswith(("jump ", "theme ")):
                yield DiscoveryHit(Content(name), self._chosen(line), text=name, help=help_text)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        scored = [(matcher.match(name), name, help_text, line) for name, help_text, line in self._offers()]
        best = sorted((hit for hit in scored if hit[0] > 0), key=lambda hit: -hit[0])
        for score, name, help_text, line in best[:MOST_HITS]:
            yield Hit(score, Content(name), self._chosen(line), text=name, help=help_text)

    def _offers(self) -> Iterable[tuple[str, str, str]]:
        if isinstance(self.screen, OffersCommands):
            for name, help_text, line in self.screen.offers():
                # Textual reads the help of a hit as markup
                yield safe(name), safe(help_text).replace("[", "("), line

    def _chosen(self, line: str) -> Callable[[], None]:
        screen = self.screen
        assert isinstance(screen, OffersCommands)
        return partial(screen.type_command, line)
