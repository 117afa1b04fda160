"""What goes along with the command of `run`: read once, whatever the number of hosts."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from ..config.files import read_regular
from ..drivers.aside import off_loop
from ..executor.carrying import ENVIRONMENT_NAME, LONGEST_SCRIPT, digest_of
from ..model.delivery import NOTHING_MORE, Delivery
from ..model.errors import ConfigError
from ..model.named import NamedCommand, find, pairs
from .arguments import Arguments
from .delivery_words import DeliveryWords
from .standard_input import refuse_input

PIECE = 1 << 20

_SPOOL = Path("/var/tmp")
"""Where standard input waits, if TMPDIR names no other place: /tmp is memory on many systems."""


@asynccontextmanager
async def delivered(words: DeliveryWords | None, configuration: Path | None) -> AsyncIterator[Delivery]:
    """All that goes along. Standard input is kept in a file without a name while the block runs.

    Raises ConfigError for a file that is no script, a name that is none of an environment, input that cannot be read,
    and for data on a standard input that was not asked for.
    """
    with ExitStack() as closing:
        if words is None or not words.stdin:
            refuse_input(configuration=configuration)
        if words is None:
            yield NOTHING_MORE
            return
        names, values = _environment(words.environment)
        text = "" if words.script is None else _script(words.script)
        source, size = None, None
        if words.stdin:
            file = closing.enter_context(_spool())
            size = await off_loop("standard input", lambda: _filled(file))
            source = file.fileno()
        name, digest = ("", "") if words.script is None else (words.script.name, digest_of(text))
        yield Delivery(words.chdir, names, name, digest, words.arguments, size, values, text, source)


def with_named(arguments: Arguments, commands: tuple[NamedCommand, ...]) -> Arguments:
    """What was asked for; of a command of hosts.toml with its line, and its options where no others were given.

    Raises ConfigError for a name that no command has, and for a wrong parameter.
    """
    words = arguments.delivering
    if words is None or not words.command:
        return arguments
    command = find(commands, words.command)
    values = pairs(command.name, words.arguments)
    line, options = command.line(values), command.options(values)
    options.pop("timeout", None)  # it has a field of its own here
    if arguments.no_waves:
        options = {"sudo": command.sudo} if command.sudo else {}
    words = replace(words, arguments=(), command="")
    return replace(
        arguments, command=line, timeout=arguments.timeout or command.timeout, delivering=words,
        job_options=tuple({**options, **dict(arguments.job_options)}.items()),
    )  # fmt: skip


def _environment(given: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    found: dict[str, str] = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not ENVIRONMENT_NAME.fullmatch(name):  # it may be a password, and is not shown
            raise ConfigError("--env wants NAME=VALUE: a name has letters, digits and _, and begins with no digit")
        if not equals:
            if name not in os.environ:
                raise ConfigError(f"--env {name}: there is no such variable here; write {name}=VALUE")
            value = os.environ[name]
        found[name] = value
    return tuple(found), tuple(found.values())


def _script(path: Path) -> str:
    try:
        data = read_regular(path)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise ConfigError(f"the script {path} cannot be read: {why}") from error
    if not data.strip():
        raise ConfigError(f"the script {path} is empty")
    if b"\0" in data:
        raise ConfigError(f"{path} is a program or data, and no script: a script is text, without a zero byte")
    if len(data) > LONGEST_SCRIPT:
        raise ConfigError(
            f"the script {path} has {len(data):,} bytes; it may have {LONGEST_SCRIPT:,}: give data by --stdin"
        )
    first = data.partition(b"\n")[0]
    if first.startswith(b"#!") and first.endswith(b"\r"):
        raise ConfigError(f"the script {path} has the line ends of Windows: convert it, such as with dos2unix")
    return data.decode("utf-8", "surrogateescape")


def _spool() -> BinaryIO:
    place = os.environ.get("TMPDIR") or (str(_SPOOL) if os.access(_SPOOL, os.W_OK) else None)
    try:
        return tempfile.TemporaryFile(dir=place)
    except OSError as error:
        raise ConfigError(f"standard input cannot be kept: {error.strerror}; TMPDIR may name another place") from error


def _filled(file: BinaryIO) -> int:
    """Copy standard input to its end; the bytes that came."""
    size = 0
    try:
        while piece := _read():
            file.write(piece)
            size += len(piece)
        file.flush()
    except OSError as error:
        raise ConfigError(f"standard input cannot be kept: {error.strerror}; TMPDIR may name another place") from error
    return size


def _read() -> bytes:
    try:
        return os.read(0, PIECE)
    except OSError as error:
        raise ConfigError(f"standard input cannot be read: {error.strerror or error}") from error
