"""`[guard]`: read with the place of each entry, and held against the hosts that there are."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from ..model import checks
from ..model.errors import ConfigError
from ..model.guard import GuardSettings
from ..model.near import nearest
from ..model.quoting import quoted
from .positions import KeyPath
from .problems import Problems
from .tables import Given, read_table, settle


def read_guard(document: dict[str, Any], problems: Problems) -> GuardSettings:
    """What the document says; what is wrong with it is noted."""
    values = read_table(GuardSettings, document.get("guard", {}), ("guard",), problems)
    for key in ("danger", "protected", "read_only"):
        if key in values:
            values[key] = _without_wrong(key, values[key], problems)
    return settle(GuardSettings, values, problems)[0]


def names_without_hosts(
    guard: GuardSettings, tags: Collection[str], ids: Collection[str]
) -> Iterator[tuple[KeyPath, str, str]]:
    """The names that no host has: where they stand, what is wrong, and what would be right.

    `tags` and `ids` are those of all hosts.
    """
    for key, names, known in (
        ("protected", guard.protected, set(tags)),
        ("read_only", guard.read_only, {*tags, *ids}),
    ):
        what = "no host has this tag, and no set is called so" if key == "protected" else "no such tag, set or host"
        for index, name in enumerate(names):
            if name not in known:
                near = nearest(name, known, 1)
                hint = f"did you mean {near[0]!r}?" if near else "check its spelling, or take it out"
                yield ("guard", key, index), f"{quoted(name)}: {what}", hint


def _without_wrong(key: str, given: Given, problems: Problems) -> Given:
    """The entries that can be used; each of the others is noted at its own line."""
    assert isinstance(given.value, tuple), "it was read as a list of texts"
    kept = []
    for index, text in enumerate(given.value):
        wrong = _wrong_pattern(text) if key == "danger" else _wrong_name(text)
        if wrong is None:
            kept.append(text)
        else:
            problems.add((*given.path, index), *wrong)
    return Given(tuple(kept), given.path)


def _wrong_pattern(text: str) -> tuple[str, str] | None:
    if not text:
        return "is empty", "write a regular expression of command lines, such as 'rm .*-rf', or take it out"
    try:
        checks.pattern("guard.danger", text)
    except ConfigError as error:
        return error.message, "write one such as 'rm .*-rf', in single quotes"
    return None


def _wrong_name(text: str) -> tuple[str, str] | None:
    """A name that protects nothing must not look as if it did."""
    if text.startswith("@"):
        return f"{quoted(text)} is no tag", f"write {text[1:]!r}, without the @"
    return None if text.strip() else ("is empty", "write the name of a tag, or take it out")
