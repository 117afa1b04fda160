"""`atp-tui man`: the manual page, written from the parser in the man(7) macros.

argparse-manpage would leave out what stands below a verb's help, the examples, and gives each verb sections of its own.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Iterator

from .. import __version__
from ..model.text import printed, safe
from .arguments import Arguments
from .examples import EXAMPLES
from .output import emit
from .parsers import PROGRAM, Command, commands, has_verbs
from .verbs import EXIT_STATUSES, whole_parser

_SPECIAL = {"\\": "\\e", "-": "\\-", "'": "\\(aq", "`": "\\(ga", "^": "\\(ha", "~": "\\(ti", '"': "\\(dq"}
"""Signs for which a typesetter would put others: groff_char(7)."""

_FILES = (
    ("~/.config/atp_tui/hosts.toml", "the fleet; hosts.example.toml documents every key"),
    ("~/.config/atp_tui/themes/*.toml", "own colour themes"),
    ("~/.local/state/atp_tui/", "what may be lost: the history of the screen, the log, reports of failures"),
    ("~/.ssh/config, /etc/ssh/ssh_config", "how hosts are reached by SSH, as ssh reads them"),
)

_ENVIRONMENT = (
    ("ATP_TUI_CONFIG", "the hosts.toml to use where --config names none"),
    ("SSH_AUTH_SOCK", "the ssh-agent that is asked for keys"),
    ("XDG_CONFIG_HOME, XDG_STATE_HOME, XDG_DATA_HOME, XDG_RUNTIME_DIR", "where the program's directories are"),
    ("NO_COLOR", "the screen without colours"),
)

_SEE_ALSO = "ssh(1), ssh_config(5), ssh-agent(1), virsh(1), clush(1)"


def man(arguments: Arguments) -> int:
    """Print the manual page; the exit status."""
    emit(printed(map(safe, page(whole_parser()))))
    return 0


def page(parser: argparse.ArgumentParser) -> Iterator[str]:
    """The lines of the page for a parser and its verbs."""
    program, *verbs = commands(parser)
    what = program.what.partition(".")[0]
    yield f'.TH {_text(PROGRAM.upper())} 1 "" {_quoted(f"{PROGRAM} {__version__}")} "User Commands"'
    yield from (".nh", ".ad l", ".SH NAME", f"{_text(PROGRAM)} \\- {_text(what[:1].lower() + what[1:])}")
    yield ".SH SYNOPSIS"
    yield from _usage(program)
    yield from (line for each in verbs if not _only_leads_on(each) for line in (".br", *_usage(each)))
    yield from (".SH DESCRIPTION", _text(program.what))
    yield from (".SH OPTIONS", *_options(parser), ".SH VERBS")
    for verb in verbs:
        if not _only_leads_on(verb):
            yield from _verb(verb)
    yield from (".SH EXAMPLES", *_examples(program.name))
    yield from (".SH EXIT STATUS", *_pairs(_statuses()))
    yield from (".SH FILES", *_pairs(_FILES))
    yield from (".SH ENVIRONMENT", *_pairs(_ENVIRONMENT))
    yield from (".SH SEE ALSO", _text(_SEE_ALSO))


def _only_leads_on(command: Command) -> bool:
    """Whether a verb is but the first word of others."""
    return bool(command.name) and has_verbs(command.parser)


def _verb(command: Command) -> Iterator[str]:
    yield f".SS {_quoted(command.name)}"
    yield _sentence(command.what)
    yield from _options(command.parser)
    if command.name in EXAMPLES:
        yield from (".PP", "Examples:", *_examples(command.name))


def _usage(command: Command) -> Iterator[str]:
    words = command.parser.format_usage().removeprefix("usage: ").split()
    program = 1 + len(command.name.split())
    yield f".B {_text(' '.join(words[:program]))}"
    yield _text(" ".join(words[program:]))


def _options(parser: argparse.ArgumentParser) -> Iterator[str]:
    """Each option and word of a parser with its help. Verbs have sections of their own."""
    formatter = parser._get_formatter()
    for action in parser._actions:  # argparse has no public list of them
        if action.help is argparse.SUPPRESS or isinstance(action, argparse._SubParsersAction | argparse._HelpAction):
            continue
        value = "" if action.nargs == 0 else f" \\fI{_text(_placeholder(action))}\\fR"
        names = ", ".join(f"\\fB{_text(name)}\\fR" for name in action.option_strings)
        yield from (".TP", f"{names}{value}".strip(), _sentence(formatter._expand_help(action) if action.help else ""))


def _placeholder(action: argparse.Action) -> str:
    return str(action.metavar or action.dest.upper())


def _examples(name: str) -> Iterator[str]:
    for line, does in EXAMPLES[name]:
        yield from (".RS 4", ".EX", _text(line), ".EE", ".RE", ".RS 8", _sentence(does), ".RE", ".sp")


def _statuses() -> Iterator[tuple[str, str]]:
    for each in EXIT_STATUSES.partition(":")[2].split(";"):
        number, _, meaning = " ".join(each.split()).partition(" ")
        yield number, meaning.rstrip(".")


def _pairs(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    for name, says in pairs:
        yield from (".TP", f"\\fB{_text(name)}\\fR", _sentence(says))


def _sentence(text: str) -> str:
    """A help text as a sentence: it begins with a capital letter, unless its first word is no plain one."""
    first = text.partition(" ")[0].strip(",;:")
    capital = text[:1].upper() + text[1:] if re.fullmatch("[a-z]+", first) else text
    return _text(capital if capital.endswith((".", "!")) else f"{capital}.")


def _text(text: str) -> str:
    """A text of which a typesetter takes no sign for one of its own, on one line."""
    shown = "".join(_SPECIAL.get(each) or (each if each.isascii() else f"\\[u{ord(each):04X}]") for each in text)
    return f"\\&{shown}" if shown.startswith(".") else shown


def _quoted(text: str) -> str:
    return f'"{_text(text)}"'
