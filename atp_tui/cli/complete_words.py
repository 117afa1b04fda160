"""`atp-tui complete-words`: the words that a shell offers while a command line is typed. It says nothing of errors."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ..config.files import read_regular
from ..config.fleet import FleetConfig
from ..config.load import load
from ..config.paths import find_config, jobs_file, shipped_themes, theme_folders
from ..model.errors import ConfigError
from ..model.host import ALL, HostInfo, tags_of
from ..model.named import NamedCommand
from ..model.sets import Sets
from ..model.text import printed, safe
from .arguments import Arguments
from .output import ReaderGone, emit

_HARMLESS = re.compile(r"[\w@.+/%-]+(=[\w@.+/%,:-]*)?").fullmatch
"""A word that every shell takes as it stands. Others are not offered: a tag may be `$(reboot)`."""


_JOB = re.compile(r"@(?:job\.[0-9a-z]+|last)\.")


def complete_words(arguments: Arguments) -> int:
    """Print the words, one a line; 0 always: where there are none, there is nothing to offer."""
    try:
        emit(printed(map(safe, sorted(set(filter(_HARMLESS, _words(arguments)))))))
    except (ConfigError, OSError, ReaderGone):
        return 0
    return 0


def _words(arguments: Arguments) -> Iterable[str]:
    if arguments.given == "themes":
        return set(_themes((shipped_themes(), *theme_folders())))
    if arguments.given == "jobs":
        return ["last", *map(str, _numbers())]
    path = find_config(arguments.config)
    config = FleetConfig() if path is None else load(path)
    hosts = config.hosts
    match arguments.given:
        case "commands":
            return [command.name for command in config.commands]
        case "parameters":
            return _parameters(config.commands, arguments.given_with)
        case "hosts":
            return [host.id for host in hosts]
        case "tags":
            return tags_of(hosts)
        case _:
            return [*_targets(hosts, config.sets), *_earlier(arguments.given_with)]


def _parameters(commands: Iterable[NamedCommand], name: str) -> Iterator[str]:
    """`unit=libvirtd` for each choice of a parameter, `unit=` where any value may stand there."""
    for command in commands:
        for parameter in command.parameters if command.name == name else ():
            for value in parameter.choices or ("",):
                word = f"{parameter.name}={value}"
                yield word if _HARMLESS(word) else f"{parameter.name}="


def _targets(hosts: Sequence[HostInfo], sets: Sets) -> list[str]:
    groups = [*tags_of(hosts), *(each.name for each in sets), *([ALL] if hosts else [])]
    return [*(host.id for host in hosts), *(f"@{group}" for group in groups)]


def _earlier(typed: str) -> list[str]:
    """Earlier jobs where one is begun, and behind its dot how hosts ended in it: all at once would be hundreds."""
    if not typed.startswith(("@j", "@l")):
        return []
    if job := _JOB.match(typed):
        from ..executor.earlier import WAYS

        return [f"{job[0]}{way}" for way in WAYS]
    return ["@last", *(f"@job.{number}" for number in _numbers())]


def _numbers() -> Iterable[int]:
    from ..storage.presence import newest_numbers

    return newest_numbers(jobs_file())


def _themes(folders: Iterable[Path]) -> Iterator[str]:
    """The names of themes as the screen knows them; whether their colours are good, it says."""
    for folder in folders:
        for file in folder.glob("*.toml"):
            try:
                name = tomllib.loads(read_regular(file).decode()).get("name", file.stem)
            except (OSError, ValueError, RecursionError):
                continue
            if isinstance(name, str):
                yield name
