"""The words of `run` for what goes along with a command. Light: --help loads what stands here."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Sequence
from pathlib import Path

from ..model.data_class import dataclass

ABOUT = """Placeholders: {host} is the id of each host, {address} its name or address, {meta.KEY} an entry of its
metadata. They are quoted for a POSIX shell, in the command, the arguments of a script, --chdir and --env. Where one of
them stands, each {word} has to be one, and {{ stands for a brace; a text without one goes as it is, so awk '{print}'
and ${x} need nothing. Between quotes a value of letters, digits and _@%+=:,./- alone is taken; what a further shell
reads again (sh -c, ssh, eval) is not quoted for that one."""


@dataclass(frozen=True, slots=True)
class DeliveryWords:
    """What `run` was told. `command` is the name of one in hosts.toml; `arguments` are its own, or those of the
    script."""

    script: Path | None = None
    arguments: tuple[str, ...] = ()
    stdin: bool = False
    environment: tuple[str, ...] = ()
    chdir: str = ""
    command: str = ""


def add_delivery(run: argparse.ArgumentParser) -> None:
    """Add the words to those of `run`."""
    run.add_argument(
        "--script",
        type=_file,
        metavar="FILE",
        help="run this file of this machine there; the words after it are its own",
    )
    run.add_argument(
        "--command", dest="named", metavar="NAME", help="run [commands.NAME] of hosts.toml; NAME=VALUE words follow"
    )
    run.add_argument("--stdin", action="store_true", help="read standard input to its end, and give it to each host")
    run.add_argument(
        "--env",
        dest="environment",
        action="append",
        metavar="NAME=VALUE",
        help="set it for the command; only NAME: as it is here, and no other user sees the value",
    )
    run.add_argument("--chdir", metavar="DIR", help="the directory to run in; ~ is the home there")
    run.epilog = "\n\n".join(filter(None, [run.epilog, ABOUT]))


def words_of(found: argparse.Namespace, command: Sequence[str]) -> DeliveryWords | None:
    """What was told, None where nothing was; `command` are the words of the command line."""
    script = found.script
    arguments = tuple(command) if script is not None or found.named else ()
    environment = tuple(found.environment or ())
    told = DeliveryWords(script, arguments, found.stdin, environment, found.chdir or "", found.named or "")
    return None if told == DeliveryWords() else told


def line_of(told: DeliveryWords | None, command: Sequence[str]) -> str:
    """The command line, as far as it is known without hosts.toml. Words are joined with spaces, as ssh does: the remote
    shell takes them apart again. Those of a script are quoted, each is one."""
    name = "" if told is None else told.command or (told.script.name if told.script is not None else "")
    return shlex.join([name, *command]) if name else " ".join(command)


def _file(text: str) -> Path:
    if not text:  # a variable that is not set
        raise argparse.ArgumentTypeError("no file is named")
    return Path(text)
