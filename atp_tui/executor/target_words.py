"""What a person who wrote targets that cannot be meant should have written.

`ranges` reads one name with ranges; `explained` says why an expression of targets does not work, in the order in which
a person would find the mistakes. No message quotes what could be a password.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence

from ..model.errors import ConfigError
from ..model.quoting import redacted

MOST_NAMES = 100_000
"""A range that stands for more names than this is refused before it is expanded: a slip must not eat the memory."""

_LONGEST_END = 100
"""Digits of an end of a range: ClusterShell refuses a number above 1e100."""

FORM = "write ranges as in kvm[01-18,20], without blanks"

_PART = re.compile(r"(?P<low>[0-9]+)(?:-(?P<high>[0-9]+)(?:/(?P<step>[0-9]+))?)?")
_BRACKET = re.compile(r"\[([^\]]*)\]")
_BETWEEN = re.compile(r"(?:\s*[,;|]\s*)+|(?<=\d)\s+(?=\d)")
_BRACES = re.compile(r"[{(]([^{}()]*)[})]")
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−⁃﹘﹣－"), "-")
_SIGNS = {**_DASHES, ord("、"): ",", ord("；"): ",", **dict.fromkeys(map(ord, "'\"‘’“”„«»`"), None)}
_COMPARES = re.compile(r"[<>=]")
_ALSO = re.compile(r"\s*(?:[|;+]+|\s(?:and|or)\s)\s*|\s+(?=[^\s,!&^])(?<![,!&^])", re.IGNORECASE)
_NOT = re.compile(r"(?:(.+?)\s+(?:but\s+)?)?(?:not|except|without|minus)\s+(.+)", re.IGNORECASE)
_TAGS = re.compile(r"(@\S+)\s+and\s+(@\S+)", re.IGNORECASE)
_NO_BRACKETS = re.compile(r"(?P<stem>.*?)(?P<low>[0-9]+)(?:-|\.\.|:)(?:(?P=stem))?(?P<high>[0-9]+)(?P<tail>\D*)")


def wrong(message: str, hint: str, column: int | None = None) -> ConfigError:
    """The error of targets; `column` is where the mistake stands, from 1."""
    return ConfigError(message, key="targets", hint=hint, column=column)


def shown(expression: str) -> str:
    """`expression` as a message quotes it: an @ in it is a tag's, unless a colon makes it a password's."""
    text = redacted(expression) if ":" in expression.translate(_SIGNS) or "：" in expression else expression
    return repr(text if len(text) <= 120 else text[:120] + "…")


class TooManyNames(ConfigError):
    """An expression that stands for more names than MOST_NAMES."""

    def __init__(self, expression: str) -> None:
        hint = f"at most {MOST_NAMES:,} are allowed"
        super().__init__(f"{shown(expression)} stands for too many names", key="targets", hint=hint)


def number(name: str, operand: str) -> int:
    """How many names a name with ranges stands for, without making them. Raises ConfigError for what is no range.

    Only what ClusterShell reads as it is meant passes: of itself it takes `[1_0]` for 10, and digits of any alphabet.
    """
    count = 1
    for bracket in _BRACKET.findall(name):
        count *= sum(_count(part, operand) for part in bracket.split(","))
    return count


def ranges(name: str, operand: str) -> Iterable[str]:
    """The names that a name with ranges stands for; one without stands for itself. `number` has passed it.

    Raises ConfigError.
    """
    if "[" not in name:
        return (name,)
    from ClusterShell.NodeSet import RESOLVER_NOGROUP, NodeSet, NodeSetException

    try:
        return tuple(NodeSet(name, resolver=RESOLVER_NOGROUP))
    except (NodeSetException, ValueError) as error:
        raise wrong(f"{shown(operand)} cannot be read", FORM) from error


def _count(part: str, operand: str) -> int:
    """How many names one part of a bracket stands for, at most MOST_NAMES and one. Raises ConfigError."""
    found, at = _PART.fullmatch(part), _inside(operand, part)
    if found is None:
        mended = _mended_bracket(part)
        hint = f"write {_put(operand, part, mended)}" if mended and _PART.fullmatch(mended) else FORM
        what = f"{shown(part)} is no range" if part.strip() else "a range is empty"
        raise wrong(f"{shown(operand)} cannot be read: {what}", hint, at)
    low, high, step = found["low"], found["high"], found["step"]
    if high is None:
        return 1
    if max(len(low), len(high)) > _LONGEST_END:
        return MOST_NAMES + 1
    if int(low) > int(high):
        hint = f"write {_put(operand, part, f'{high}-{low}' + (f'/{step}' if step else ''))}"
        raise wrong(f"the range {part} runs backwards in {shown(operand)}", hint, at)
    if step is not None and not step.strip("0"):
        raise wrong(f"the step of {part} is 0 in {shown(operand)}", "write 1 or more behind the /", at)
    if len(low) != len(high) and any(end[0] == "0" and len(end) > 1 for end in (low, high)):
        width = max(len(low), len(high))
        hint = f"write {_put(operand, part, f'{low.zfill(width)}-{high.zfill(width)}')}, or two ranges"
        raise wrong(f"the ends of {part} have not the same number of digits in {shown(operand)}", hint, at)
    return min(int(high) - int(low) + 1, MOST_NAMES + 1)


def _inside(operand: str, part: str) -> int:
    """The column in `operand` of one part of a bracket."""
    return next(
        (found.start(1) + found[1].find(part) + 1 for found in _BRACKET.finditer(operand) if part in found[1]), 1
    )


def _put(operand: str, part: str, instead: str) -> str:
    return operand.replace(part, instead, 1)


def _mended_bracket(part: str) -> str:
    return re.sub(r"\.\.\.?|:|…", "-", plain(part).replace(" ", "").strip("-,"))


def explained(
    expression: str, suspects: Sequence[tuple[str, int]], resolves: Callable[[str], bool]
) -> ConfigError | None:
    """What is wrong with an expression that does not work, and what to write; None where its own error says it best.

    `suspects` are the operands that no host or tag is named by, each with its column; `resolves` tells whether another
    expression would work.
    """
    for operand, column in suspects:
        if (error := _stranger(operand, resolves)) is not None:
            error.column = column
            return error
    names = [operand for operand, _ in suspects]
    if (error := _bracket(expression, resolves) or _padding(expression, names, resolves)) is not None:
        return error
    first = next((column for operand, column in suspects if _odd(operand)), None)
    if first is None:
        return None
    meant = plain(expression)
    if meant != expression:
        odd = next(sign for sign in expression if plain(sign) != sign)
        sign = f"{odd!r} ({unicodedata.name(odd, 'no name')})"
        hint = _to_write(_mended(meant), resolves)
        return wrong(f"a sign that no name has, {sign}, in {shown(expression)}", hint, expression.index(odd) + 1)
    if (error := _in_words(expression)) is not None:
        return error
    mended = _mended(expression)
    if brace := re.search(r"[{}()]", expression):
        hint = _to_write(mended, resolves) if mended != expression else FORM
        return wrong(f"braces in {shown(expression)}", hint, brace.start() + 1)
    if blank := re.search(r"\[[^\]]*?(\s)[^\]]*\]", expression):
        return wrong(f"a blank inside the brackets of {shown(expression)}", f"write {mended}", blank.start(1) + 1)
    if mended != expression:
        hint = f"put one there: {mended}" if _is_plain(mended) else "write names with commas between them"
        return wrong(f"no comma between the names in {shown(expression)}", hint, first)
    return None


def _to_write(mended: str, resolves: Callable[[str], bool]) -> str:
    """What to write: `mended`, with brackets where they alone were missing; the form where it has signs of no name."""
    with_brackets = without_brackets(mended)
    if with_brackets is not None and not resolves(mended) and resolves(with_brackets):
        mended = with_brackets
    return f"write {mended}" if _is_plain(mended) else FORM


def _is_plain(expression: str) -> bool:
    return re.fullmatch(r"[\w.@,!&^*?/\[\]-]*", expression) is not None


def _bracket(expression: str, resolves: Callable[[str], bool]) -> ConfigError | None:
    """A bracket too many or too few, where it is clear which."""
    if expression.count("[") == expression.count("]") and "[[" not in expression:
        return None
    single = re.sub(r"([\[\]])\1+", r"\1", expression)
    for mended in (single, f"{single}]", single.replace("]", ""), single.replace("[", "")):
        if mended != expression and resolves(mended):
            return wrong(f"a bracket without its partner in {shown(expression)}", f"write {mended}")
    return None


def _padding(expression: str, suspects: Sequence[str], resolves: Callable[[str], bool]) -> ConfigError | None:
    """Ranges written without the zeros that the names have: kvm[1-9] for kvm[01-09]."""
    for width in range(2, 6):
        mended = expression
        for operand in suspects:
            mended = mended.replace(operand, _padded(operand, width))
        if mended != expression and resolves(mended):
            return wrong(f"no names without zeros in the ranges of {shown(expression)}", f"write {mended}")
    return None


def _padded(operand: str, width: int) -> str:
    """An operand with the numbers of its brackets at least so many digits wide; what stands behind a / is a step."""

    def wider(bracket: re.Match[str]) -> str:
        return re.sub(r"(?<![0-9/])[0-9]+", lambda number: number[0].zfill(width), bracket[0])

    return _BRACKET.sub(wider, operand)


def _in_words(expression: str) -> ConfigError | None:
    """`not`, `except` and `and`, for which there are signs; `and` between tags may mean either of two."""
    if found := _NOT.fullmatch(expression):
        mended = f"{_mended(found[1] or '@all')}!{without(_mended(found[2]))}"
        return wrong(f"a word for a sign in {shown(expression)}", f"write {mended}" if _is_plain(mended) else FORM)
    if (found := _TAGS.fullmatch(expression)) and _is_plain(found[1] + found[2]):
        hint = f"write {found[1]},{found[2]} for both, {found[1]}&{found[2]} for what is in both"
        return wrong(f"a word for a sign in {shown(expression)}", hint)
    return None


def without(names: str) -> str:
    """What stands behind the first `!` to leave all of `names` out: a comma would put the next one in again."""
    return re.sub(r",(?![^\[]*\])", "!", names)


def _odd(operand: str) -> bool:
    return plain(operand) != operand or bool(re.search(r"[\s|;+{}()]", operand))


def plain(text: str) -> str:
    """`text` with the plain signs that were meant by wide ones, other dashes and typographic quotes."""
    return unicodedata.normalize("NFKC", text.translate(_SIGNS)).translate(_SIGNS)


def _mended(expression: str) -> str:
    """`expression` with a comma where names only stand apart, and braces made brackets."""
    text = _BRACES.sub(lambda found: f"[{found[1].replace('..', '-')}]", expression)
    text = _BRACKET.sub(lambda found: re.sub(r"\s*([-/])\s*", r"\1", found[0]), text)
    text = _BRACKET.sub(lambda found: f"[{','.join(filter(None, _BETWEEN.split(found[1])))}]", text)
    return _ALSO.sub(",", text.strip()).strip(",")


def _stranger(operand: str, resolves: Callable[[str], bool]) -> ConfigError | None:
    """What belongs to SSH or to a URI, and is no target; a comparison that is none."""
    text = plain(operand)
    if text != operand and resolves(text):
        return None  # the odd sign is all that is wrong
    if "://" in text:
        return wrong(f"a URI in {shown(operand)}", "targets are ids of hosts.toml, @tags and @all")
    before, at, host = text.rpartition("@")
    if before.startswith("@") and ":" not in before and re.search(r"[\s|;+]", before):
        return None  # two tags, and no comma between them
    if at and before.startswith("@") and ":" not in before and (resolves(before) or not resolves(host)):
        hint = f"write {before},@{host} for both, {before}&@{host} for what is in both" if host else f"write {before}"
        return wrong(f"a second @ in {shown(operand)}", hint if before.strip("@") else f"write @{host}")
    if at and before:
        return wrong(f"a user in {shown(operand)}", _alone(host.partition(":")[0], "user", resolves))
    if ":" in _BRACKET.sub("[]", text):
        name, _, port = text.partition(":")
        what = "a port" if re.fullmatch(r"[0-9]*", port) else "a colon, which no id or tag has,"
        hint = f"write {port}" if not resolves(name) and resolves(port) else _alone(name, "port", resolves)
        return wrong(f"{what} in {shown(operand)}", hint)
    if _COMPARES.search(text):
        return wrong(f"no comparison, though it has a sign of one: {shown(operand)}", "write it as in cpu>80")
    return None


def _alone(name: str, what: str, resolves: Callable[[str], bool]) -> str:
    name = name.lstrip("@")
    name = name if resolves(name) else "the id alone"
    return f"write {name}: the {what} is in hosts.toml ([hosts.ssh] {what}) or in ssh_config"


def without_brackets(name: str) -> str | None:
    """`kvm[01-03]` for `kvm01-03`, `kvm01..03` and `kvm01-kvm03`; None for what is no such slip."""
    found = _NO_BRACKETS.fullmatch(name)
    if found is None or len(found["low"]) > len(found["high"]) or int(found["low"][:9]) >= int(found["high"][:9]):
        return None
    return f"{found['stem']}[{found['low']}-{found['high']}]{found['tail']}"
