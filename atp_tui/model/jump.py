"""The way through jump hosts, as OpenSSH's ProxyJump and the key proxy_jump write it."""

from __future__ import annotations

import re
from typing import NamedTuple

from .checks import fits_host, fits_user
from .errors import ConfigError
from .quoting import quoted

FORM = "write [user@]host[:port], several with commas between them, and [2001:db8::1]:22 for IPv6"

_HOP = re.compile(
    r"(?P<uri>ssh://)?(?:(?P<user>[^,:]+)@)?"
    r"(?:\[(?P<address>[^\s\[\],]+)\]|(?P<name>[^\s,:/@?#\[\]]+)"
    r"|(?P<bare>[0-9A-Fa-f.]*:[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*(?:%[^\s,/]+)?))"
    r"(?::(?P<port>[0-9]{1,5}))?(?(uri)/?)"
)


class Hop(NamedTuple):
    """One jump host. `host` is a name, or an address without brackets; None: as ssh_config says, else the default."""

    host: str
    user: str | None = None
    port: int | None = None


def parse_jump(way: str, key: str | None = None) -> tuple[Hop, ...]:
    """The jump hosts of `[user@]host[:port]` or `ssh://[user@]host[:port]`, several with commas between them.

    They come in the order in which they are gone through; "none" is none. Raises ConfigError, naming the `key`, with a
    hint: for what cannot be read, and for names that OpenSSH refuses, since a ProxyCommand's shell would act on them.
    """
    if way.strip().lower() == "none":
        return ()
    return tuple([_hop(text.strip(), key) for text in way.split(",")])


def _hop(text: str, key: str | None) -> Hop:
    match = _HOP.fullmatch(text)
    if match is None or (match["port"] is not None and not 0 < int(match["port"]) < 65536):
        raise ConfigError(f"{quoted(text)} is not a jump host", key=key, hint=FORM)
    host, user = match["address"] or match["name"] or match["bare"], match["user"]
    if not fits_host(host) or not fits_user(user or "x"):
        hint = "a shell would act on some of its letters; ssh refuses them too"
        raise ConfigError(f"{quoted(text)} is not a jump host", key=key, hint=hint)
    return Hop(host, user, int(match["port"]) if match["port"] else None)
