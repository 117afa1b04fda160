"""Which blocks of ssh_config count for a host: the patterns of Host, the conditions of Match."""

from __future__ import annotations

import fnmatch
import ipaddress
import os
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from ....model.quoting import command_quoted
from ..wildcards import small
from .programs import Programs
from .said import ConfigBroken
from .tokens import IN_PATHS, Tokens, local_user

_ALONE = frozenset({"all", "canonical", "final"})


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    # OpenSSH knows * and ? alone: a bracket stands for itself
    return re.compile(fnmatch.translate(_bytewise(pattern).replace("[", "[[]")), re.DOTALL)


def _bytewise(text: str) -> str:
    """A letter for each byte, as `?` counts."""
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("latin-1")


def matches(name: str, pattern: str) -> bool:
    """OpenSSH's match_pattern: `*` and `?`, in this case of letters."""
    return _compiled(pattern).match(_bytewise(name)) is not None


def matches_host_line(name: str, patterns: Sequence[str]) -> bool:
    """Whether a Host line counts: one pattern fits, and none that begins with `!` does."""
    if any(matches(name, pattern[1:]) for pattern in patterns if pattern.startswith("!")):
        return False
    return any(matches(name, pattern) for pattern in patterns if not pattern.startswith("!"))


def matches_list(name: str, patterns: str) -> bool:
    """Whether a list with commas fits, as Match has it."""
    return matches_host_line(name, patterns.split(","))


@dataclass(frozen=True)
class Conditions:
    """What a Match line asks about at one point of the reading. `tokens` has the names so far, `programs` runs those
    of `exec`."""

    tokens: Tokens
    tag: str
    final: bool
    programs: Programs


def wants_final_pass(words: Sequence[str]) -> bool:
    """Whether a Match line asks for the second reading."""
    return any(word.lower().lstrip("!") == "final" for word in words)


def matches_line(words: Sequence[str], known: Conditions) -> bool:
    """Whether a Match line counts. Raises ValueError for one that OpenSSH would not take."""
    if not words or not words[0]:
        raise ValueError("One or more attributes required for Match")
    left, result = list(words), True
    while left:
        word = left.pop(0)
        negated, (name, equals, argument) = word.startswith("!"), word.removeprefix("!").partition("=")
        name = name.lower()
        if name == "all" and (left or negated):
            raise ValueError("'all' cannot be combined with other Match attributes")
        if name in _ALONE and not equals:
            fits = name == "all" or known.final
        else:
            fits = _fits(name, argument or _argument(left, word), known, asked=result)
        result = result and fits != negated
    return result


def _argument(left: list[str], word: str) -> str:
    """The next of the words that are left, which may have an `=` before it, as OpenSSH 9 takes it."""
    if left[:1] == ["="]:
        left.pop(0)
    argument = left.pop(0).removeprefix("=") if left else ""
    if not argument:
        raise ValueError(f"missing argument for Match '{word}'")
    return argument


def _fits(name: str, argument: str, known: Conditions, *, asked: bool) -> bool:
    tokens = known.tokens
    match name:
        case "host":
            return matches_list(small(tokens.host), small(argument))
        case "originalhost":
            return matches_list(small(tokens.original), small(argument))
        case "user":
            return matches_list(tokens.user, argument)
        case "localuser":
            return matches_list(local_user() or "", argument)
        case "tagged":
            return matches_list(known.tag, argument)
        case "localnetwork":
            return _in_local_network(argument)
        case "exec":
            # one that decides nothing any more is not run, as with ssh
            return asked and _succeeds(tokens.expand("Match exec", argument, IN_PATHS), known.programs)
        case "sessiontype":
            return matches_list("exec", argument.lower())
        case _:
            raise ValueError(f"Unsupported Match attribute {name}")


def _in_local_network(networks: str) -> bool:
    import ifaddr

    try:
        wanted = [ipaddress.ip_network(network, strict=False) for network in networks.split(",")]
    except ValueError as error:
        raise ValueError(f"invalid network address specification {networks}") from error
    ours = []
    for adapter in ifaddr.get_adapters():
        for entry in adapter.ips:
            text = entry.ip if isinstance(entry.ip, str) else entry.ip[0]
            ours.append(ipaddress.ip_address(text.partition("%")[0]))
    return any(address in network for address in ours for network in wanted)


def _succeeds(command: str, programs: Programs) -> bool:
    words = [os.environ.get("SHELL") or "/bin/sh", "-c", command]
    try:
        return programs.run(words, subprocess.DEVNULL)[0] == 0
    except subprocess.TimeoutExpired as error:
        told = f"the Match exec {command_quoted(command)} of ssh_config did not end in {error.timeout:g} s"
        raise ConfigBroken(told, permanent=False) from None
