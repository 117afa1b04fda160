"""Which command lines look as if they carried a secret. It is a guess, whose time goes by the length of the line."""

from __future__ import annotations

import re

_WORD = r"(?:pass(?:word|wd|phrase)?|pwd|secret|token|api[-_]?key|credential)s?"

_ANYWHERE = re.compile(
    rf"(?i:{_WORD}['\"]?\s*[=:]\s*\S|--?{_WORD}\s+\S|://[^/\s:@]*:[^/\s@]+@|authorization:|bearer\s)"
    # curl and wget; docker's `-u 1000:1000` is no password
    r"|\s(?:-u|--user|--proxy-user)[\s=]*(?!\d+:\d+(?:\s|$))[^\s:=/-][^\s:]*:[^\s/]"
    # what reads one from standard input
    r"|\bchpasswd\b|\|\s*(?:sudo\s+)?passwd\b|\bsecret-set-value\b"
)

_ASSIGNED = re.compile(r"\b([A-Z0-9_]+)(?==\s*\S)")
"""Names of variables with a value; behind a blank too: the shell runs what stands there, but it may have been meant as
the value."""

_NAMES = frozenset({"KEY", "SECRET", "TOKEN", "PASS", "PASSWORD", "PASSWD", "PASSPHRASE", "PWD"})
_NAMES |= {"CREDENTIAL", "CREDENTIALS"}
"""Words between the underscores of such a name."""

_ONE_BEHIND_ANOTHER = tuple(
    tuple(map(re.compile, patterns))
    for patterns in (
        # programs that take a password in an option of one letter
        (r"\bsshpass\s", r"-p"),
        (r"\b(?:mysql|mariadb)", r"\s", r"-p\S"),
        (r"\blogin\b", r"\s-p"),
        (r"\bredis-cli\s", r"-a"),
        (r"\bldap\w+\s", r"-w\s*\S"),
        (r"\b(?:ipmitool|zip|unzip)\s", r"-P\s*\S"),
        (r"\b7z\w*\s", r"-p\S"),
        (r"\bsmbclient\s", r"-U", r"\S%"),
        (r"\bhtpasswd\s", r"-\w*b"),
        # and such as read one from standard input
        (r"\bsudo(?=\s)", r"\s-[A-Za-z]*S"),
        (r"\bsudo\s", r"--stdin"),
        (r"\bpasswd\s", r"--stdin"),
    )
)
"""Parts that stand in a line in this order. Each is looked for once, behind the first place of the one before: as one
expression with `.*` between them, every place of a program's name would be tried with all of the line behind it."""


def may_hold_a_secret(line: str) -> bool:
    """Whether a command line is better not kept."""
    return (
        _ANYWHERE.search(line) is not None
        or any(not _NAMES.isdisjoint(found[1].split("_")) for found in _ASSIGNED.finditer(line))
        or any(_stand_in(line, parts) for parts in _ONE_BEHIND_ANOTHER)
    )


def _stand_in(line: str, parts: tuple[re.Pattern[str], ...]) -> bool:
    at = 0
    for part in parts:
        found = part.search(line, at)
        if found is None:
            return False
        at = found.end()
    return True
