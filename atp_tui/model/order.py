"""The order in which a person expects names: kvm9 before kvm10, capitals like small letters."""

from __future__ import annotations

import re
from functools import lru_cache

NaturalKey = tuple[tuple[tuple[str, int, str], ...], str]

_PARTS = re.compile(r"(\D*)(\d*)")


@lru_cache(maxsize=16384)  # the same names are sorted again and again
def natural(text: str) -> NaturalKey:
    """The key of a name in natural order. Equal keys mean equal names.

    Digits are compared by their number, as text: `int` refuses very long ones.
    """
    return tuple([_part(word, digits) for word, digits in _PARTS.findall(text)]), text


def _part(word: str, digits: str) -> tuple[str, int, str]:
    digits = digits.lstrip("0")
    return word.casefold(), len(digits), digits
