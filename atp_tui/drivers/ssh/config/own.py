"""Our own reading of ssh_config: for machines without OpenSSH's client, and for the good blocks of a bad file.

It follows readconf.c of OpenSSH 9 line by line. Left out: CanonicalizeHostname asks no name service, and stops the
hosts for which that would count. Algorithms with `+`, `-` and `^` are taken over asyncssh's defaults, since OpenSSH's
are in its client.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from ....config.files import others_may_write
from ....config.ssh_lines import USER_DIRECTORY, Line, TooDeep, Walk, read_lines
from ....model.quoting import redacted_words
from .canonical import check_canonical, is_canonicalized
from .keywords import COMMANDS, known_name, values_of
from .match import Conditions, matches, matches_host_line, matches_line, matches_list, wants_final_pass
from .programs import Programs
from .said import FILES, SEVERAL, ConfigBroken, Question, Said
from .tokens import Tokens, as_written, family_of, local_user

_OF_THE_WAY = frozenset(
    {"hostname", "proxyjump", "proxycommand", "refuseconnection", "canonicalizehostname", "canonicaldomains"}
    | {"canonicalizefallbacklocal", "canonicalizemaxdots", "canonicalizepermittedcnames"}
)
"""Without what such a line meant to say, another machine might be reached, or one that is not to be."""

_OF_HOST_KEYS = frozenset(
    {"hostkeyalias", "hostkeyalgorithms", "knownhostscommand"}
    | {"revokedhostkeys", "requiredrsasize", "casignaturealgorithms"}
)
"""Without what such a line meant to say, a host's key might be good that is not to be."""

BadLines = Mapping[tuple[str, int], str]
"""(file, line number) to what OpenSSH says is wrong there."""


def read_own(question: Question, system_file: Path, programs: Programs, bad: BadLines | None = None) -> Said:
    """What the files say of a host. `programs` runs those of `Match exec`.

    A line that is not understood stops the hosts for which its block counts, and a block whose Host or Match line is
    not understood counts for none; `note` then has file, line and words. Raises ConfigBroken for such a host,
    NeedsClient for one whose name is to be looked up, OSError for a file that cannot be read.
    """
    reading = _Reading(question, programs, bad or {})
    reading.read(system_file, final=False)
    check_canonical(reading.tokens().host, reading.values)
    if reading.wants_final or is_canonicalized(reading.values):
        reading.read(system_file, final=True)
    values = {keyword: tuple(found) for keyword, found in reading.values.items() if found}
    values["hostname"] = (reading.tokens().host,)
    return Said(values, note="; ".join(dict.fromkeys(reading.elsewhere)))


def _first_of_each(words: Sequence[str]) -> list[str]:
    """NAME=VALUE, of each name the first."""
    first: dict[str, str] = {}
    for word in words:
        first.setdefault(word.partition("=")[0], word)
    return list(first.values())


def _check_owner(file: Path) -> None:
    """Raises ConfigBroken for a file that somebody else may write, OSError. What stands in it would be run, and decides
    where a login goes: OpenSSH gives up (readconf.c, SSHCONF_CHECKPERM)."""
    if others_may_write(file.stat()):
        raise ConfigBroken(f"Bad owner or permissions on {file}: nobody else may write it (chmod go-w)")


class _Reading:
    """One question. The second pass goes over the values of the first: what was said once counts."""

    def __init__(self, question: Question, programs: Programs, bad: BadLines) -> None:
        self._programs = programs
        self.values: dict[str, list[str]] = {}
        self.elsewhere: list[str] = []
        self.wants_final = False
        self._question = question
        self._bad = bad
        self._final = False
        self._name = question.host
        self._walk = Walk(Path())
        self._own_file: Path | None = None

    def tokens(self) -> Tokens:
        """What the tokens stand for at this point. Raises ConfigBroken for a HostName of no use."""
        question, values = self._question, self.values
        user = question.user or values.get("user", [""])[0] or local_user() or ""
        port = question.port or int(values.get("port", ["22"])[0])
        alias = values.get("hostkeyalias", [None])[0]
        home = os.path.expanduser("~")
        jump = values.get("proxyjump", [""])[0]
        plain = Tokens(question.host, self._name, port, user, alias, jump, home)
        if "hostname" not in values:
            return plain
        host = plain.expand("HostName", values["hostname"][0], "h")
        return Tokens(question.host, host, port, user, alias, jump, home)

    def read(self, system_file: Path, *, final: bool) -> None:
        self._final = final
        if final:
            self._name = as_written(self.tokens().host, family_of(self.values.get("addressfamily", ["any"])[0]))
            self.values["hostname"] = [self._name.replace("%", "%%")]
        own = self._question.config_file
        home = Path(os.path.expanduser(USER_DIRECTORY))
        self._own_file = home / "config" if own is None else None
        self._file(own or home / "config", home)
        if own is None:
            self._file(system_file, system_file.parent, of_user=False)

    def _file(self, file: Path, directory: Path, *, of_user: bool = True) -> None:
        self._walk = Walk(directory, of_user=of_user)
        try:
            self._lines(file, 0, True)
        except (FileNotFoundError, NotADirectoryError):
            return
        except PermissionError:
            if file != self._own_file or not self._question.lenient:
                raise

    def _lines(self, file: Path, depth: int, outer: bool) -> None:
        """Read one file. `outer`: the block in which it is included counts."""
        active = outer
        self._walk.files.append(file)
        if depth or file == self._own_file:
            _check_owner(file)
        for line in read_lines(file):
            words = self._bad.get((str(line.file), line.number))
            try:
                if line.keyword in ("host", "match"):
                    # not understood: nobody can say for whom it counts
                    active = False
                    if words is not None:
                        raise ValueError(words)
                    active = self._begins(line, outer)
                elif words is not None:
                    raise ValueError(words)
                elif line.keyword == "include":
                    self._include(line, depth, active)
                else:
                    self._option(line, active)
            except ValueError as error:
                self._wrong(line, str(error), active)

    def _wrong(self, line: Line, words: str, active: bool) -> None:
        told = f"{line.place}: {redacted_words(words)}"
        needed = known_name(line.keyword) in _OF_THE_WAY | _OF_HOST_KEYS
        if active and (needed or not self._question.lenient):
            raise ConfigBroken(told)
        self.elsewhere.append(told)

    def _begins(self, line: Line, outer: bool) -> bool:
        words = line.words()
        if not words:
            raise ValueError(f'no argument after keyword "{line.keyword}"')
        if line.keyword == "host":
            return outer and matches_host_line(self._name, words)
        self.wants_final = self.wants_final or wants_final_pass(words)
        tag = self.values.get("tag", [""])[0]
        if not outer:
            return False
        return matches_line(words, Conditions(self.tokens(), tag, self._final, self._programs))

    def _include(self, line: Line, depth: int, active: bool) -> None:
        try:
            for file in self._walk.below(line, depth):
                try:
                    self._lines(file, depth + 1, active)
                except FileNotFoundError:
                    continue
                except OSError as error:  # OpenSSH gives up on the whole, be it included for other hosts
                    raise ConfigBroken(f"{line.place}: {file} cannot be read: {error.strerror or error}") from error
        except TooDeep as error:
            if depth:  # told at the outermost Include: nothing more is read of what has no end
                raise
            if active:
                raise ConfigBroken(str(error)) from error
            self.elsewhere.append(str(error))

    def _option(self, line: Line, active: bool) -> None:
        name = known_name(line.keyword)
        if name is None:
            if matches_list(line.keyword, self.values.get("ignoreunknown", [""])[0].lower()):
                return
            raise ValueError(f"Bad configuration option: {line.keyword}")
        if not name:
            return
        found = values_of(name, line)
        if active and name == "refuseconnection":
            raise ValueError(f"RefuseConnection: {found[0]}")
        if active:
            self._take(name, found)

    def _take(self, name: str, found: tuple[str, ...]) -> None:
        values = self.values
        if name == "setenv":  # of the lines the first counts, and of a name in it the first value
            if name not in values:
                values[name] = _first_of_each(found)
        elif name in SEVERAL:
            kept = values.setdefault(name, [])
            for value in found:
                if name == "sendenv" and value.startswith("-"):
                    kept[:] = [other for other in kept if not matches(other, value[1:])]
                elif name == "sendenv" or value not in kept:
                    kept.append(value)
        elif self._is_shut_out(name) or (name == "connecttimeout" and found[0].lower() == "none"):
            return  # a time of `none` leaves a later line its say
        elif name == "proxyjump" and found[0].lower() == "none":
            values.setdefault(name, ["none"])
        elif name not in values:
            values[name] = list(found) if name in FILES or name in COMMANDS else [" ".join(found)]

    def _is_shut_out(self, name: str) -> bool:
        """Of ProxyCommand and ProxyJump the first counts, `ProxyCommand none` too, `ProxyJump none` not."""
        if name == "proxyjump":
            return "proxycommand" in self.values
        return name == "proxycommand" and self.values.get("proxyjump", ["none"])[0].lower() != "none"
