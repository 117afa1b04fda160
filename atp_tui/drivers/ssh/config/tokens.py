"""%-tokens, ${variables} and ~ in ssh_config's values: ssh_config(5), TOKENS and ENVIRONMENT VARIABLES."""

from __future__ import annotations

import hashlib
import os
import pwd
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from ....model.quoting import quoted
from ..wildcards import small
from .said import ConfigBroken

IN_COMMAND = "hknpr"
"""Tokens of ProxyCommand (sshconnect.c, expand_proxy_command), and of ProxyJump, of which ssh makes one."""

IN_PATHS = "CdhijkLlnpru"
"""Tokens of IdentityFile, CertificateFile, UserKnownHostsFile, IdentityAgent and Match exec (%j from 9.3 on)."""

_FAMILIES = {"inet": socket.AF_INET, "inet6": socket.AF_INET6}

_COMMANDS = frozenset({"ProxyCommand", "KnownHostsCommand", "Match exec"})

_NOTHING: Mapping[str, str] = {}
_TOKEN = r"%(?P<token>.?)"
_TOKENS = re.compile(_TOKEN, re.DOTALL)
_TOKENS_AND_VARIABLES = re.compile(rf"{_TOKEN}|\$\{{(?P<name>[^}}]*)\}}", re.DOTALL)


def local_user() -> str | None:
    """The account's name; None: the user id has none."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return None


def family_of(address_family: str | None) -> int:
    """The addresses that ssh_config's AddressFamily allows; None: it says nothing."""
    return _FAMILIES.get((address_family or "any").lower(), socket.AF_UNSPEC)


def as_written(name: str, family: int = socket.AF_UNSPEC) -> str:
    """A host's name as ssh has it once HostName was read (ssh.c, resolve_canonicalize): an address of the family in its
    usual form (10.0.0.1 for 10.1, 2001:db8::1 for 2001:DB8:0::1), where that differs in more than the case of letters;
    a name in small letters. Keys are filed under it."""
    plain = name if ":" in name or "%" in name else small(name)  # the zone of an address minds its case
    if not name.isascii():  # Python would make other letters of some
        return plain
    usual = (_usual_address if "%" in name else _lasting_address)(name, family)  # zones come and go
    return plain if usual is None or small(usual) == small(plain) else usual


def _usual_address(name: str, family: int) -> str | None:
    """An address of the family in its usual form; None for what is none. No name service is asked."""
    try:
        found = socket.getaddrinfo(name, None, family, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        return socket.getnameinfo(found[0][4], socket.NI_NUMERICHOST)[0]
    except (OSError, UnicodeError):
        return None


_lasting_address = lru_cache(maxsize=4096)(_usual_address)


def account_home() -> str | None:
    """The account's home directory, OpenSSH's `~` whatever HOME says; None: the user id has no account."""
    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        return None


@dataclass(frozen=True)
class Tokens:
    """What the tokens stand for. `original` is the name that was asked for, `host` what HostName made of it, `jump`
    ssh_config's ProxyJump."""

    original: str
    host: str
    port: int
    user: str
    alias: str | None = None
    jump: str = ""
    home: str = ""
    jump_hashed: bool = True

    @cached_property
    def _values(self) -> dict[str, str]:
        name = socket.gethostname()
        jump = _host_of(self.jump)
        hashed = f"{name}{self.host}{self.port}{self.user}{jump if self.jump_hashed else ''}"
        return {
            "%": "%",
            "C": hashlib.sha1(os.fsencode(hashed)).hexdigest(),
            "d": self.home,
            "h": self.host,
            "i": str(os.getuid()),
            "j": jump,
            "k": self.alias or self.original,
            "L": name.partition(".")[0],
            "l": name,
            "n": self.original,
            "p": str(self.port),
            "r": self.user,
            "u": local_user() or str(os.getuid()),
        }

    def expand(
        self, keyword: str, text: str, allowed: str, *, variables: bool = False, more: Mapping[str, str] = _NOTHING
    ) -> str:
        """The text with its tokens replaced, and `${NAME}` with them where `variables` count; what comes in is not
        looked at again. `more` are tokens of this keyword alone. Raises ConfigBroken for a token that means nothing
        there and for a variable that is not set, as ssh gives up."""

        def value(match: re.Match[str]) -> str:
            if variables and match["name"] is not None:
                return _variable(match["name"], keyword, text)
            letter = match["token"]
            if letter in more:
                return more[letter]
            if letter != "%" and (not letter or letter not in allowed):
                raise ConfigBroken(f"ssh_config's {_shown(keyword, text)}: %{letter} means nothing there")
            return self._values[letter]

        return (_TOKENS_AND_VARIABLES if variables else _TOKENS).sub(value, text)

    def path(self, keyword: str, text: str) -> str:
        """A path with `~`, variables and tokens replaced. Raises as `expand`."""
        return self.expand(keyword, self.at_home(text), IN_PATHS, variables=True)

    def at_home(self, text: str) -> str:
        """The path with its `~` replaced."""
        if text == "~" or text.startswith("~/"):
            return self.home + text[1:]
        return os.path.expanduser(text)


def _host_of(jump: str) -> str:
    """The host of the last jump host, which is the one that ssh connects itself."""
    last = jump.rpartition(",")[2].rpartition("@")[2]
    return re.sub(r"^\[([^\]]*)\](?::\d*)?$|:\d*$", r"\1", last)


def _shown(keyword: str, text: str) -> str:
    """A line for a message. What stands in a command could be a password."""
    return keyword if keyword in _COMMANDS else f"{keyword} {quoted(text)}"


def _variable(name: str, keyword: str, text: str) -> str:
    found = os.environ.get(name)
    if found is None:
        raise ConfigBroken(f"ssh_config's {_shown(keyword, text)}: the environment has no {name}")
    return found
