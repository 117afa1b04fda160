"""The filter of the hosts on a screen: terms with white space between them, all of which must hold. Pure.

A term is a condition (see `terms`), or a text that is looked for in id, address, tags and the state's word. A `!` in
front turns a term round. Blanks around the sign of a comparison count for nothing. A word that begins with @ is an
expression of targets (`@edge`, `@last.failed`, `@rack1&!kvm07`), and means what it means there.

It differs from the targets of a command (executor/targets), since one finds hosts while it is typed and
the other runs something on them. Here blanks mean "and", a text may stand anywhere in a name, `tag:prod` finds
`production` too, and a host whose figure is not known passes `!cpu>80`: nothing is hidden for want of a figure, and
nothing runs for want of one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import lru_cache
from typing import Protocol

from ..model.errors import ConfigError
from .rows import HostRow
from .terms import NAMED, metadata_keys, parse_term, state_words, wrong
from .vm_terms import FIELDS, PREFIX

Predicate = Callable[[HostRow], bool]

_WORD = re.compile(r"\S+")
_OPEN = re.compile(r".*[<>]=?", re.DOTALL)
_SIGN = re.compile(r"[<>]")
_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: " "}
"""The full-width forms of East Asian keyboards, each with the plain sign that is meant."""


class Expressions(Protocol):
    """The target language, as filters ask for it. The engine gives it, since the monitor sees no executor."""

    def passing(self, expression: str) -> Callable[[str], bool]:
        """Whether the host of an id is meant, as it is known at that moment. Raises ConfigError with a hint."""
        ...

    def is_one(self, word: str) -> bool:
        """Whether a word with an @ in front is more than a tag: a set, an earlier job, several names."""
        ...

    def version(self, filter: str) -> object:
        """Differs where what a filter says by expressions may mean other hosts, though no host has changed."""
        ...


def filter_of(text: str, rows: Sequence[HostRow], expressions: Expressions | None = None) -> Predicate | None:
    """As `parse_filter`, over the keys of the metadata of these hosts."""
    metadata = metadata_keys(rows) if ":" in text else frozenset[str]()
    if expressions is None or "@" not in plain_signs(text):
        return parse_filter(text, metadata)
    return _parsed(text, metadata, expressions)  # for this moment


@lru_cache(maxsize=64)
def parse_filter(text: str, metadata: frozenset[str] = frozenset()) -> Predicate | None:
    """The filter as a predicate; None for an empty one, which every host passes. `metadata`: the keys that hosts have.

    Raises ConfigError (key "filter") with a hint and the column of a term that could match no host.
    """
    return _parsed(text, metadata, None)


def _parsed(text: str, metadata: frozenset[str], expressions: Expressions | None) -> Predicate | None:
    terms = []
    for column, written in apart(text, (*NAMED, *metadata)):
        try:
            terms.append(_term(written, metadata, expressions))
        except ConfigError as error:
            raise placed(error, written, column) from error
    if not terms:
        return None
    return lambda row: all(term(row) for term in terms)


def version_of(expressions: Expressions | None, filter: str) -> object:
    """As Expressions.version, at no cost for a filter that has none."""
    return expressions.version(plain_signs(filter)) if expressions is not None and "@" in plain_signs(filter) else None


def placed(error: ConfigError, written: str, column: int) -> ConfigError:
    """The error of a term that stands at `column` of a filter; that of an expression has a column of its own."""
    inner = 0 if error.column is None else len(written) - len(written.lstrip("!")) + error.column - 1
    return wrong(error.message, error.hint or "", column + inner)


def plain_signs(text: str) -> str:
    """The text with the plain signs in the place of full-width ones."""
    return text.translate(_WIDE)


def apart(text: str, named: Iterable[str]) -> list[tuple[int, str]]:
    """Each term with its column. The parts of a comparison, and one of the fields `named` with its text, may stand
    apart."""
    found: list[tuple[int, str]] = []
    fields = {f"{field}:" for field in named}
    for word in _WORD.finditer(text):
        last = found[-1][1] if found else ""
        if last and (_OPEN.fullmatch(last) or _SIGN.match(word[0]) or last.lstrip("!").casefold() in fields):
            found[-1] = found[-1][0], last + word[0]
        else:
            found.append((word.start() + 1, word[0]))
    return found


def _term(text: str, metadata: Collection[str], expressions: Expressions | None) -> Predicate:
    if text.startswith("!"):
        if text == "!":
            raise wrong("! alone", "it stands in front of a term, as in !tag:prod")
        wanted = _term(text[1:], metadata, expressions)
        return lambda row: not wanted(row)
    plain = plain_signs(text)
    if plain.startswith("@") and expressions is not None:
        means = expressions.passing(plain)
        return lambda row: means(row.id)
    compared = _SIGN.search(plain) is not None  # of a comparison no sign is a name's own
    term = parse_term(plain if compared else text, metadata) or parse_term(plain, metadata)
    if term is not None:
        holds = term.holds
        return lambda row: holds(row) is True
    _refuse_targets(plain)
    looked_for = {text.casefold(), plain.casefold()}
    return lambda row: any(
        each in name.casefold() for name in (row.id, row.address, *state_words(row), *row.tags) for each in looked_for
    )


def _refuse_targets(text: str) -> None:
    """What belongs to targets alone, and what no id, address, state or tag can hold."""
    if (field := text.partition(":")[0].casefold()).removeprefix(PREFIX) in FIELDS and field.startswith(PREFIX):
        raise wrong(f"{field}: is a condition of targets", f"here write @{field}:TEXT")
    if "[" in text or "]" in text or "{" in text or "}" in text:
        raise wrong("ranges name targets", f"write @{text}, or a text that the ids share: {_stem(text)}")
    if "*" in text or "?" in text:
        raise wrong("a text is found anywhere in a name", f"leave * and ? out: {_stem(text)}")
    if any(sign in text for sign in ",&^|"):
        raise wrong(
            "terms stand with blanks between them, and all must hold", "leave , & ^ and | out, or write @ first"
        )
    if "@" in text:
        raise wrong("no id, address or tag has an @", "write the id alone")


def _stem(text: str) -> str:
    parts = re.findall(r"[\w.-]+", text)
    return parts[0] if parts else "kvm0"
