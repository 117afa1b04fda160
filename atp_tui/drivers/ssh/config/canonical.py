"""CanonicalizeHostname (ssh.c, resolve_canonicalize): the names for which OpenSSH's client asks the name service.

Our own reading does not ask: it says for which hosts the answer would count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .said import ConfigBroken
from .tokens import as_written, family_of

_NUMERIC = frozenset("0123456789.")


class NeedsClient(ConfigBroken):
    """The host may be another machine by its canonical name than by the one that was written."""


def is_canonicalized(values: Mapping[str, Sequence[str]]) -> bool:
    """Whether CanonicalizeHostname is on: the files are read a second time then, with `Match canonical`."""
    return _word(values, "canonicalizehostname", "no") not in ("no", "false")


def check_canonical(name: str, values: Mapping[str, Sequence[str]]) -> None:
    """Raises NeedsClient for a name that ssh would look up, and go on with what it found."""
    if is_canonicalized(values) and not _is_address(name, values) and _may_become_another(name, values):
        raise NeedsClient("CanonicalizeHostname of ssh_config counts here, and only OpenSSH's client looks names up so")


def _may_become_another(name: str, values: Mapping[str, Sequence[str]]) -> bool:
    behind_proxy = any(_word(values, keyword, "none") != "none" for keyword in ("proxycommand", "proxyjump"))
    if behind_proxy and _word(values, "canonicalizehostname", "no") != "always":
        return False
    if name.endswith(".") or _word(values, "canonicalizepermittedcnames", "none") != "none":
        return True
    most = _word(values, "canonicalizemaxdots", "1")
    if name.count(".") > (int(most) if most.isdecimal() else 1):
        return False
    local = _word(values, "canonicalizefallbacklocal", "yes") not in ("no", "false")
    return not local or _word(values, "canonicaldomains", "none").split()[0] != "none"


def _is_address(name: str, values: Mapping[str, Sequence[str]]) -> bool:
    usual = as_written(name, family_of(_word(values, "addressfamily", "any")))
    return any(":" in text or "%" in text or _NUMERIC.issuperset(text) for text in (name, usual))


def _word(values: Mapping[str, Sequence[str]], keyword: str, default: str) -> str:
    return (next(iter(values.get(keyword, ())), "") or default).lower()
