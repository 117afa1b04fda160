"""What sudo's own words mean, in the C locale, where no command has begun. Pure."""

from __future__ import annotations

import re

from ....model.errors import SudoFailed, SudoRefused
from ....model.message import told
from ....model.say import Say

_LONGEST = 400
"""Characters of sudo's words that are told."""

_WORDS: tuple[tuple[str, Say], ...] = (
    (r"must have a tty|no tty present", Say.SUDO_WANTS_TTY),
    (r"is not in the sudoers file", Say.SUDO_NO_SUDOER),
    (r"may not run sudo|is not allowed to (execute|run)", Say.SUDO_NOT_ALLOWED),
    (r"unknown user|unknown uid|invalid user", Say.SUDO_NO_SUCH_USER),
    (
        r"[Aa]ccount or password is expired|account validation failure|[Aa]ccount expired|[Pp]assword expired",
        Say.SUDO_EXPIRED,
    ),
)
"""By sudo's messages since 1.8, and those of sudo-rs."""

_REFUSED = re.compile(r"incorrect (password|authentication) attempt|Sorry, try again")
_COMPLAINS = re.compile(r"^sudo(-rs)?: ", re.MULTILINE)
_WANTS = re.compile(r"password is required|interactive authentication is required|no password was provided")


def wants_password(said: str) -> bool:
    """Whether sudo ended because it was not to ask, and for nothing else: it says so of an expired account, too."""
    return _WANTS.search(said) is not None and not any(re.search(pattern, said) for pattern, _ in _WORDS)


def not_taken(said: str) -> bool:
    """Whether sudo complains behind a password: it says nothing where it goes on, and its words can be others
    (`authfail_message`)."""
    return _REFUSED.search(said) is not None or _COMPLAINS.search(said) is not None


def shortly(said: str, hidden: str = "") -> str:
    """sudo's words in one line, as they are told; of a password `hidden` there stands "…"."""
    return " ".join((said.replace(hidden, "…") if hidden else said).split())[-_LONGEST:]


def failure(host: str, user: str, target: str, said: str, status: int | None, hidden: str = "") -> SudoFailed:
    """What sudo ended with, before the command began. `user` is the login's, `target` whom the command was for."""
    words = shortly(said, hidden)
    found = next((say for pattern, say in _WORDS if re.search(pattern, said)), None)
    if found is None and _REFUSED.search(said):
        return SudoRefused(told(Say.SUDO_PASSWORD_REFUSED, host=host, user=user), host=host)
    if found is None and words:
        return SudoFailed(told(Say.SUDO_FAILED, host=host, status=status or 0, said=words), host=host)
    say = found or Say.SUDO_NOT_ALLOWED  # -n -l says nothing of what is not allowed
    quoted = words or told(Say.SAID_NOTHING)
    return SudoRefused(told(say, host=host, user=user, target=target, said=quoted), host=host)
