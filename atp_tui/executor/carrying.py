"""How a directory, an environment and a script reach a host along with a command. Pure.

A server takes few variables (AcceptEnv), and what stands in a command line is seen by every user of the host. So a
fixed line is sent, in which a shell reads one line of its standard input and carries it out: that goes to the
directory, sets the environment, and then becomes the login shell with the command, or the interpreter of the script.
A shell reads byte by byte, so that the rest of the input is the command's.

The script is written to a file of mode 0600, opened and taken away before it runs: none is left behind, however it
ends. Its interpreter, that of its first line or else sh, reads /dev/fd/3. A file system without execution (noexec) does
no harm.
"""

from __future__ import annotations

import hashlib
import re
import shlex
from collections.abc import Iterable

from ..model.delivery import Delivery
from ..model.host import HostInfo
from ..model.outcome import Command
from ..model.placeholders import parsed

LINE = """sh -c 'IFS= read -r _atp && eval "$_atp"'"""
"""It has no sign that another login shell (fish, csh) reads differently between these quotes."""

LONGEST_SCRIPT = 1 << 20
"""Bytes. A shell takes it in byte by byte."""

_CSH_LOGIN = "if (-r /etc/csh.login) source /etc/csh.login\nif (-r ~/.login) source ~/.login\n"

ENVIRONMENT_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)

_SHEBANG = re.compile(r"#![ \t]*(\S+)(?:[ \t]+([^\n]*?))?[ \t]*(?:\n|\Z)")


def check(line: str, delivery: Delivery, hosts: Iterable[HostInfo] = ()) -> None:
    """Raise ActionFailed for a wrong placeholder, and for a host that has no value for it, or one that cannot be."""
    templates = [parsed(text, is_shell=is_shell) for text, is_shell in _texts(line, delivery)]
    if all(template.is_plain for template in templates):
        return
    for host in hosts:
        for template in templates:
            template.filled(host)


def line_for(line: str, delivery: Delivery, host: HostInfo) -> str:
    """The command line as a person would type it on that host. Raises ActionFailed as `check` does."""
    if delivery.script:
        return shlex.join([delivery.script, *(_filled(word, host) for word in delivery.arguments)])
    return parsed(line).filled(host)


def carried(line: str, delivery: Delivery, host: HostInfo) -> Command:
    """What is sent to a host. Raises ActionFailed as `check` does."""
    if not delivery.is_carried:
        return Command(parsed(line).filled(host), source=delivery.source, sudo=delivery.sudo)
    steps = ["""_atp_n=$(printf "\\nX"); _atp_n=${_atp_n%X}"""]
    rest = b""
    if delivery.script:
        steps += _script_taken(delivery.digest)
        rest = _script_sent(delivery)
        ends = _interpreter(delivery.text)
        run = " ".join([*map(word, ends), "/dev/fd/3", *(word(_filled(each, host)) for each in delivery.arguments)])
        run = f"{run} 3<&3"
    else:
        steps.append("_atp_s=${SHELL:-/bin/sh}")
        filled = parsed(line).filled(host)
        if delivery.sudo:  # its user may be one that nobody logs in as
            steps.append("case ${_atp_s##*/} in nologin|false) _atp_s=/bin/sh;; esac")
        run = f'"$_atp_s" {"-l " * delivery.login}-c {word(filled)}'
    if delivery.chdir:
        steps.append(f"CDPATH= cd -- {_directory(_filled(delivery.chdir, host))} || exit 1")
    for name, value in zip(delivery.names, delivery.values, strict=True):
        steps.append(f"export {name}={word(_filled(value, host))}")
    if delivery.login and not delivery.script:  # these shells take -l alone, and nothing behind it
        steps.append(f'case ${{_atp_s##*/}} in csh|tcsh) exec "$_atp_s" -c {word(_CSH_LOGIN + filled)};; esac')
    text = "; ".join([*steps, f"exec {run}"])
    if delivery.tty:  # what is typed there comes from a terminal, and a line of it has no more than 4096 bytes
        return Command(f"sh -c {shlex.quote(text)}")
    return Command(LINE, _bytes(text) + b"\n" + rest, delivery.source, delivery.sudo)


def digest_of(text: str) -> str:
    """The SHA-256 of a script, in hexadecimal digits."""
    return hashlib.sha256(_bytes(text)).hexdigest()


def _texts(line: str, delivery: Delivery) -> Iterable[tuple[str, bool]]:
    if not delivery.script:
        yield line, True
    for text in (*delivery.arguments, delivery.chdir, *delivery.values):
        yield text, False


def _filled(text: str, host: HostInfo) -> str:
    return parsed(text, is_shell=False).filled(host)


def word(text: str) -> str:
    """A text as one word of a shell's, in one line."""
    return '"$_atp_n"'.join(map(shlex.quote, text.split("\n")))


def _directory(path: str) -> str:
    if path == "~" or path.startswith("~/"):
        return f'"$HOME"{word(path[1:])}' if path[1:] else '"$HOME"'
    return word(f"./{path}" if path.startswith("-") else path)


def _script_taken(digest: str) -> Iterable[str]:
    return (
        "umask 077; _atp_f=$(mktemp) || exit 1",
        """trap 'rm -f -- "$_atp_f"' 0; trap 'exit 1' HUP INT TERM PIPE""",
        f"""while IFS= read -r _atp && [ "$_atp" != {_end(digest)} ]; do"""
        """ printf "%s\\n" "$_atp" || break; done >"$_atp_f" || exit 1""",
        f"""[ "$_atp" = {_end(digest)} ] || {{ echo "the script did not arrive whole" >&2; exit 1; }}""",
        """exec 3<"$_atp_f" && rm -f -- "$_atp_f" || exit 1; trap - 0 HUP INT TERM PIPE""",
    )


def _script_sent(delivery: Delivery) -> bytes:
    text = delivery.text if delivery.text.endswith("\n") else f"{delivery.text}\n"
    return _bytes(f"{text}{_end(delivery.digest)}\n")


def _end(digest: str) -> str:
    """The line behind a script: no script has its own digest in it."""
    return f"atp-end-{digest}"


def _interpreter(text: str) -> tuple[str, ...]:
    """What runs a script: as the kernel reads its first line, with all that stands behind the program as one word."""
    found = _SHEBANG.match(text)
    return tuple(filter(None, found.groups())) if found else ("/bin/sh",)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
