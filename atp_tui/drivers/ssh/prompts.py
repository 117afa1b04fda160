"""What an sshd asks for by keyboard-interactive, bounded, and whether it is a password: pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...model.questions import Prompt

MOST_PROMPTS = 8
"""Prompts of one question. Servers ask for one or two things; a form with more has no room on a screen."""

LONGEST_PROMPT = 200
LONGEST_INSTRUCTION = 600
"""Characters that are shown of the far side's words."""

_LOOKED_AT = 4096
"""Characters of a text that are looked at: a server may send 256 kB, and the event loop would wait."""

_PASSWORD = (
    "password", "passwort", "kennwort", "mot de passe", "contraseña", "senha", "hasło", "heslo", "пароль",
    "wachtwoord", "lösenord", "adgangskode", "salasana", "jelszó", "parola", "şifre", "密码", "密碼", "パスワード",
    "암호",
)  # fmt: skip
"""The word in prompts of PAM's pam_unix in the languages that Linux distributions bring."""

_NOTHING_ELSE = re.compile(
    r"(\(\S+\) )?((please )?enter )?(your )?(\S+['’]s |unix |ldap |account |login )?"
    rf"({'|'.join(_PASSWORD)})( for \S+)? ?[:：]?"
)
"""What may stand beside that word. Any other one may make it a password that is good once, or a new one
(`Einmalpasswort`, `Nouveau mot de passe`), whatever the language."""

_ONCE = (
    "one-time",
    "one time",
    "onetime",
    "otp",
    "code",
    "token",
    "challenge",
    "new ",
    "neues ",
    "current",
    "(current)",
)
"""Words of what is no password that is good again, or of a change of password."""


def bounded(name: str, instruction: str, prompts: Sequence[tuple[str, bool]]) -> tuple[str, tuple[Prompt, ...]] | None:
    """What a person is shown; None: more is asked for than anybody would answer."""
    if len(prompts) > MOST_PROMPTS:
        return None
    said = "\n".join(filter(None, (_cut(name, LONGEST_PROMPT), _cut(instruction, LONGEST_INSTRUCTION))))
    return said, tuple(Prompt(_cut(words, LONGEST_PROMPT), shown) for words, shown in prompts)


def is_password(prompts: Sequence[Prompt]) -> bool:
    """Whether nothing is asked for but the account's password, which is good for the next login, too."""
    if len(prompts) != 1 or prompts[0].shown:
        return False
    words = prompts[0].words.casefold()
    return _NOTHING_ELSE.fullmatch(words) is not None and not any(word in words for word in _ONCE)


def _cut(words: str, most: int) -> str:
    line = " ".join(words[:_LOOKED_AT].split())
    return line if len(line) <= most and len(words) <= _LOOKED_AT else line[:most] + "…"
