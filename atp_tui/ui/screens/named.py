"""The commands of hosts.toml on the screen: offered by palette and completion, and put into the line that runs them."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from typing import Protocol

from ...actions.job_words import written
from ...engine.fleet import Fleet
from ...model.errors import ConfigError
from ...model.named import NamedCommand
from ..text import safe
from ..widgets.command_pane import CommandPane, Mode
from .palette import Offer


def offered(commands: Iterable[NamedCommand]) -> Iterator[Offer]:
    """What the palette shows of them."""
    for command in commands:
        yield f"run {command.name}", command.description or command.run, command.name


def completed(commands: Iterable[NamedCommand], text: str) -> Iterator[str]:
    """What may be typed after `:`, of which `text` stands there: their names, then the parameters not given yet."""
    for command in commands:
        yield command.name
        if not text.startswith(f"{command.name} "):
            continue
        begun, _, _ = text.rpartition(" ")
        given = {word.partition("=")[0] for word in begun.split()[1:]}
        for parameter in command.parameters:
            if parameter.name not in given:
                values = parameter.choices or ((parameter.default,) if parameter.default else ("",))
                yield from (f"{begun} {parameter.name}={shlex.quote(value) if value else ''}" for value in values)


class Surface(Protocol):
    """What is asked of the screen."""

    @property
    def pane(self) -> CommandPane: ...

    def tell(self, text: str, *, wrong: bool = False) -> None: ...


def put(screen: Surface, fleet: Fleet, name: str, argument: str, shows_all: str) -> None:
    """Put the line of a command of hosts.toml where a person sees it with its hosts, and runs it by Enter.

    `shows_all` is the sign of the key that shows what commands there are besides.
    """
    command = next((each for each in fleet.reload().commands if each.name == name), None)
    if command is None:
        screen.tell(f"no command {safe(name)}: {shows_all} shows them all", wrong=True)
        return
    if not argument.strip() and any(each.default is None for each in command.parameters):
        screen.pane.enter(Mode.COMMAND, f"{name} ")
        return
    try:
        values = command.typed(argument)
        line, options = command.line(values), written(command.options(values))
    except ConfigError as error:
        screen.tell(safe(f"{error.message}; {error.hint}" if error.hint else error.message), wrong=True)
        return
    if not line.isprintable():
        screen.tell(f"{safe(name)} has several lines: atp-tui run --command {safe(name)} runs it", wrong=True)
        return
    screen.pane.enter(Mode.RUN, f"{options} {line}" if options else line)
