"""How a message quotes what a person wrote: enough to find it again, and nothing that could be a password.

A password gets into a setting by a slip: in a URI, mistyped or not, in front of an @, behind a colon, in a query. What
cannot be told from a password is left out; the file, line and key that a message names say the rest.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

LONGEST = 120
"""Characters of a value that a message quotes."""

HIDDEN = "…"

_USER = re.compile(r"@?(?:[A-Za-z0-9+.-]+:?//)?[A-Za-z0-9_.+-]*")
"""What may stand before the last @ in full: a scheme and a user's name."""

_VALUE = re.compile(r"([#=]).*", re.DOTALL)
"""A value with all behind it, be it a parameter's of a query, one written behind a comma or a blank, or a fragment."""

_FIRST_COLON = re.compile(r"((?:[A-Za-z0-9+.-]+://|(?![A-Za-z0-9+.-]+://))[^:]*):(.+)", re.DOTALL)
_HARMLESS = re.compile(
    r"[0-9]{1,5}\]?(?:/(?:system|session|default)?|[,?#].*)?"
    r"|[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*(?:%[\w.-]*)?(?:\](?::[0-9]*)?(?:/(?:system|session|default)?)?)?"
    r"|/(?:system|session|default)?",
    re.DOTALL,
)
"""What may follow the first colon of a text without an @: a port with a path, the rest of an IPv6 address, a path."""

_QUOTED_OR_WORD = re.compile(r"""(?<=")[^"]*(?=")|(?<=')[^']*(?=')|[^\s"']+""")

_PROGRAM = re.compile(r"[\w./~+-]+")
_OPTION = re.compile(r"-\w|--[A-Za-z][A-Za-z-]*(?:=|$)")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=", re.ASCII)

_OF_SHELLS = "'\"`$(){}<>|&;\\"
"""Signs at which a shell parts words, or which it takes away."""

_PARTED = re.compile(r"[^\w.-]+", re.ASCII)
"""At other letters too: in the C locale a shell writes them as numbers, and the rest of the word as it is."""

_QUOTES = str.maketrans("", "", "'\"\\")

_SHORT = 3
"""Letters of a word that is hidden only where it stands by itself: shorter ones are parts of any word."""

_WORD = re.compile(r"[^ \t\n]+")
"""What all shells part at blanks. A wide or no-break blank belongs to its word for most of them: with all behind it."""

_WHOLE_VALUE = re.compile(r"""(?:[\w./:@%+,=~-]|\$\w|'[^'\\]*'|"[^"\\$`]*")+""")
"""Values of an assignment that end with their word in every shell. None has an escape, a bracket or `$'`: what such a
sign makes of the blanks behind it is the shell's to say."""

_WIDE = str.maketrans({"\uff20": "@", "\ufe6b": "@", "\uff1a": ":", "\ufe55": ":"})
"""The signs of East Asian keyboards for the two that make a password one."""


def redacted(text: str) -> str:
    """`text` without what could be a password: what stands between a user's name and the last @, the values of a
    query, and what follows a colon where that is no port, no `//` and no IPv6 address. At most LONGEST characters."""
    text = text.translate(_WIDE).replace("%3A", ":").replace("%3a", ":")
    before, at, after = text.rpartition("@")
    user = _USER.match(before)
    if at and user and user[0] != before:
        colon = ":" if before.startswith(":", user.end()) else ""
        before = f"{user[0]}{colon}{HIDDEN}"
    text = _VALUE.sub(lambda found: found[1] + HIDDEN, f"{before}{at}{_without_tail(after)}")
    return text if len(text) <= LONGEST else text[:LONGEST] + HIDDEN


def _without_tail(text: str) -> str:
    """`text` up to a colon that neither a port nor an address follows."""
    pair = _FIRST_COLON.fullmatch(text)
    return f"{pair[1]}:{HIDDEN}" if pair and not _HARMLESS.fullmatch(pair[2]) else text


def quoted(value: object) -> str:
    """`value` as a message shows it: as repr() writes it, text `redacted` first, and lists of texts each by itself."""
    if isinstance(value, str):
        return repr(redacted(value))
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(quoted, value))}]"
    return redacted(repr(value))


def redacted_words(text: str) -> str:
    """What somebody says of a value that he quotes, each quoted part and each other word `redacted`."""
    return _QUOTED_OR_WORD.sub(lambda found: redacted(found[0]), text)


def command_quoted(command: str, known: Collection[str] = ()) -> str:
    """A command line as a message shows it: its program, the names of its options, and what is made of `known` words.

    All else could be a password: `sshpass -p …`, `--proxy-auth=…`, `https_proxy=… nc`.
    """
    shown: list[str] = []
    for _, word in _command_words(command, known):
        if word != HIDDEN or shown[-1:] != [HIDDEN]:
            shown.append(word)
    text = " ".join(shown)
    return text if len(text) <= LONGEST else text[:LONGEST] + HIDDEN


def without_command(text: str, command: str, known: Collection[str] = ()) -> str:
    """What somebody says of a command, without those of its words that `command_quoted` does not show."""
    words = list(_command_words(command, known))
    hidden = {part for word, shown in words if word != shown for part in _parts(word)}
    hidden -= {shown for _, shown in words} | {""}
    for word in sorted((word for word in hidden if word in text), key=len, reverse=True):
        alone = rf"(?<!\w){re.escape(word)}(?!\w)"
        text = re.sub(alone, HIDDEN, text) if len(word) <= _SHORT else text.replace(word, HIDDEN)
    return text


def _parts(word: str) -> Iterator[str]:
    """What a shell may say of a word: it whole, a part of it, or what its quotes make of these."""
    for spelling in (word, word.translate(_QUOTES)):
        yield spelling.strip(_OF_SHELLS)
        yield from _PARTED.split(spelling)


def _command_words(command: str, known: Collection[str]) -> Iterator[tuple[str, str]]:
    """Each word, and what is shown of it."""
    program = False
    for word in _WORD.findall(command):
        option = _OPTION.match(word)
        if not program and _ASSIGNMENT.match(word):
            name, _, value = word.partition("=")
            # else nobody knows which word is the program. Behind `PASS= word` the shell runs `word`, but a person may
            # have meant it as the value
            program = not _WHOLE_VALUE.fullmatch(value)
            yield word, f"{name}={HIDDEN}"
        elif not program:
            program = True
            yield word, word if _PROGRAM.fullmatch(word) else HIDDEN
        elif all(part in known for part in word.split(":")):
            yield word, word
        elif option:
            yield word, option[0] + (HIDDEN if option[0] != word else "")
        else:
            yield word, HIDDEN
