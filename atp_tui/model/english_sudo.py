"""Sentences about commands as another user; see `english`, of which they are a part."""

from __future__ import annotations

from collections.abc import Mapping

from .say import Say

SENTENCES: Mapping[Say, str] = {
    Say.ASKS_SUDO: "it runs as {user}, by sudo",
    Say.SUDO_MISSING: "{host} has neither sudo nor doas; su is not used, which takes its password on a terminal alone",
    Say.SUDO_NO_SHELL: "{host}: no shell answers there in which sudo could be asked for (a forced command?)",
    Say.SUDO_WANTS_PASSWORD: "sudo on {host} wants the password of {user}, and nobody has typed it",
    Say.SUDO_PASSWORD_REFUSED: "sudo on {host} does not take the password of {user}",
    Say.SUDO_NO_SUDOER: "{user} is not in the sudoers file of {host}: nothing runs as {target} (sudo said: {said})",
    Say.SUDO_NOT_ALLOWED: "sudo on {host} does not let {user} do that as {target} (it said: {said})",
    Say.SUDO_WANTS_TTY: (
        "sudo on {host} wants a terminal where {user} becomes {target}: requiretty is in its sudoers (it said: {said})"
    ),
    Say.SUDO_NO_SUCH_USER: "sudo on {host}, asked by {user}, knows no user {target} (it said: {said})",
    Say.SUDO_EXPIRED: (
        "the account or the password of {user} on {host} has expired: nothing runs as {target} (sudo said: {said})"
    ),
    Say.SUDO_SILENT: "sudo on {host} neither asked nor began within {limit:g} s (it said: {said})",
    Say.SUDO_FAILED: "sudo on {host} ended with exit status {status} before the command began (it said: {said})",
    Say.DOAS_REFUSES: (
        "doas on {host} does not do that as {target} without a password, which it takes on a terminal alone: "
        "'permit nopass' in its doas.conf, or sudo, would be right"
    ),
}
