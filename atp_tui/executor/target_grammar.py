"""An expression of targets in parts: operands joined by `,` `&` `!` and `^`, each with its column. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from ..model.errors import ConfigError
from .target_words import FORM, shown, without, wrong

_OPERAND = re.compile(r"((?:[^,!&^\[\]]|\[[^\]]*\])*)([,!&^]?)")


class Operand(NamedTuple):
    """One operand. `operator` stands in front of it, `,` in front of the first; `column` counts from 1.

    `turned`: all hosts that the text does not mean. Conditions may be turned, and behind an `&` names too:
    `@rack1&!kvm07` is `@rack1!kvm07`. Behind a comma a turned name would mean nearly all hosts, and is likelier a slip.
    """

    operator: str
    text: str
    column: int
    turned: bool = False


def operands(expression: str, is_condition: Callable[[str], bool]) -> Iterator[Operand]:
    """The operands from left to right.

    Raises ConfigError (key "targets") with a hint for an empty expression, a name that is missing, a bracket without
    its partner. `is_condition` says of a text whether a `!` in front may turn it round anywhere.
    """
    if not expression.strip():
        raise wrong("no hosts are named", "write host ids, @tags or @all, as in kvm[01-18],@prod")
    operator, position, turned = ",", 0, False
    while operator:
        match = _OPERAND.match(expression, position)
        if match is None or (match.end() < len(expression) and not match[2]):
            column = (match.end() if match else position) + 1
            raise wrong(f"a bracket without its partner in {shown(expression)}", FORM, column)
        text, following = match[1].strip(), match[2]
        column = position + len(match[1]) - len(match[1].lstrip()) + 1
        if text in ("", "@") and following == "!" and not turned and _turns(
            expression, match.end(), operator, is_condition
        ):  # fmt: skip
            turned = True
        elif text in ("", "@"):
            raise _missing(expression, operator, following, min(column, len(expression)))
        else:
            yield Operand(operator, text, column, turned)
            turned = False
            operator = following
        position = match.end()


def _turns(expression: str, position: int, operator: str, is_condition: Callable[[str], bool]) -> bool:
    match = _OPERAND.match(expression, position)
    text = "" if match is None else match[1].strip()
    return text not in ("", "@") and (operator == "&" or is_condition(text))


def _missing(expression: str, operator: str, following: str, column: int) -> ConfigError:
    hint = "write one on both sides of , & ! and ^"
    tight = re.sub(r"\s+", "", expression)
    if tight == "!" * len(tight) or "@" in re.split(r"[,!&^]", tight):
        hint = "write host ids, @tags or @all"
    elif tight.startswith("^"):
        hint = "--hosts-file reads a file of names; here write host ids, @tags or @all"
    elif tight.startswith("!"):
        hint = f"write @all!{without(tight[1:])} for all but those"
    elif tight[:1] in (",", "&"):
        hint = f"take the first {tight[0]!r} away, or write a name before it"
    elif following and f"{operator}{following}" in ("&&", ",,", "^^", "!!"):
        hint = f"write {operator} once"
    elif following == "!" and operator == "&":
        hint = "write a name behind &!, as in @prod&!kvm01"
    elif following == "!":
        hint = f"write ! alone in place of {operator}!"
    elif not following and operator in ",&!^":
        hint = f"take the last {operator!r} away, or write a name behind it"
    return wrong(f"a name is missing in {shown(expression)}", hint, column)
