"""Names of keys: as Textual tells them, as a person reads them, and as a person may write them in hosts.toml. Pure."""

from __future__ import annotations

from difflib import get_close_matches
from functools import lru_cache

from textual.binding import Binding
from textual.keys import KEY_ALIASES, Keys, format_key, key_to_character

MODIFIERS = ("alt", "ctrl", "hyper", "meta", "shift", "super")
"""In the order in which Textual tells them."""

_SIGNS = {"space": "space", "enter": "enter", "backspace": "backspace"}
"""Keys whose sign would be hard to read, or not there in every font."""

_PRINTABLE = {
    binding.key: sign
    for sign in map(chr, range(0x21, 0x7F))
    if sign != ","  # it parts keys
    for binding in Binding.make_bindings([Binding(sign, "")])
} | {"comma": ",", "space": " "}
"""Textual's name of each key that types an ASCII sign, with that sign."""

_NAMED = frozenset(key.value for key in Keys if "+" not in key.value and key.value.isalnum()) - {"return"}
_SENT_AS = {alias: key for key, aliases in KEY_ALIASES.items() for alias in aliases} | {
    "esc": "escape", "return": "enter", "del": "delete", "ins": "insert", "pgup": "pageup", "pgdn": "pagedown",
    "bs": "backspace", "page-up": "pageup", "page-down": "pagedown", "spacebar": "space",
}  # fmt: skip
"""What a terminal sends in place of a key, and what a person may call one: none of them ever arrives by this name."""


LONGEST = 40
"""Characters of a name with all modifiers, and some to spare for a mistake that is shown."""


class UnknownKey(ValueError):
    """No key has this name; `hint` says what would be right."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def key_shown(key: str | None) -> str:
    """How a person reads a key: `?` for question_mark, `esc`, `ctrl+p`; empty for none."""
    *modifiers, last = (key or "").split("+")
    return "+".join((*modifiers, _SIGNS.get(last) or format_key(last))) if last else ""


def types_a_sign(key: str) -> bool:
    """Whether a text input takes the key for a sign that is typed."""
    sign = _PRINTABLE.get(key) or key_to_character(key)
    return sign is not None and sign.isprintable()


@lru_cache(maxsize=256)
def key_name(written: str) -> str:
    """Textual's name of a key that is written as a sign or by its name. Raises UnknownKey."""
    if not written:
        raise UnknownKey("no key stands there", "write a key, comma for the sign between keys; or leave the line out")
    if len(written) > LONGEST:
        raise UnknownKey("no key has so long a name", "write a sign, or such as f5 or ctrl+x")
    if len(written) == 1:
        return _of_sign(written)
    *modifiers, last = written.split("+") if not written.endswith("++") else (*written[:-2].split("+"), "plus")
    last = _of_sign(last) if len(last) == 1 else last
    if foreign := [each for each in modifiers if each not in MODIFIERS]:
        raise UnknownKey(f"no key is called {written!r}", f"{foreign[0]!r} is none of {', '.join(MODIFIERS)}")
    if (whole := "+".join((*modifiers, last))) in _SENT_AS or last in _SENT_AS:
        right = _SENT_AS.get(whole) or "+".join((*modifiers, _SENT_AS[last]))
        raise UnknownKey(f"no key is called {written!r}", f"a terminal sends it as {right!r}: write that")
    if last not in _NAMED and last not in _PRINTABLE and not (len(last) == 1 and last.isprintable()):
        near = get_close_matches(last, (*_NAMED, *_PRINTABLE), n=1)
        hint = f"did you mean {'+'.join((*modifiers, near[0]))!r}?" if near else "write a sign, or such as f5 or ctrl+x"
        raise UnknownKey(f"no key is called {written!r}", hint)
    return _with_modifiers(written, modifiers, last)


def _with_modifiers(written: str, modifiers: list[str], last: str) -> str:
    if "ctrl" in modifiers and len(last) == 1 and last.isupper():
        raise UnknownKey(f"no terminal sends {written!r}", f"write it with a small {last.lower()!r}")
    if modifiers == ["shift"] and types_a_sign(last) and last != "space":
        right = last.upper() if len(last) == 1 and last.isalpha() else "the sign itself"
        raise UnknownKey(f"no terminal sends {written!r}", f"write {right}, which is what it types")
    return "+".join((*sorted(set(modifiers)), last))


def _of_sign(sign: str) -> str:
    if not sign.isprintable():
        raise UnknownKey("that is no key", "write a sign, or such as f5 or ctrl+x")
    if sign in ", ":
        return "comma" if sign == "," else "space"
    (binding,) = Binding.make_bindings([Binding(sign, "")])
    return binding.key
