"""`[sets]`: named sets of hosts, each checked as far as the file alone can tell."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from ..model.guard import GuardSettings
from ..model.near import nearest
from ..model.quoting import quoted
from ..model.sets import (
    DEEPEST,
    LONGEST,
    MOST,
    NO_SETS,
    RESERVED,
    NamedSet,
    Sets,
    circle,
    moving_in,
    named_in,
    operands_of,
)
from .problems import Problems
from .tables import describe

_NAME = re.compile(r"[^\s,&!^:@\[\]*?<>=/\"'\\]{1,64}")
_WHOLE = re.compile(r"(?:[^\[\]]++|\[[^\[\]]*+\])*+")
_PLAIN = re.compile(r"@?[\w.-]+")
_FORM = 'write an expression of targets, such as edge = "@rack1!kvm07"'
_NAMES = "a name is one word without , & ! ^ : @ [ ] * ? < > = / and quotes"


def read_sets(document: dict[str, Any], problems: Problems) -> Sets:
    """The sets of a document that can be used; what is wrong with them is noted."""
    table = document.get("sets", {})
    if not isinstance(table, dict):
        problems.add(("sets",), f"is {describe(table)}", 'write [sets], and below it edge = "@rack1!kvm07"')
        return NO_SETS
    if len(table) > MOST:
        problems.add(("sets",), f"has {len(table):,} sets", f"at most {MOST:,} are allowed")
        return NO_SETS
    sets = tuple(NamedSet(name, text) for name, text in table.items() if not _is_wrong(name, text, problems))
    _note_circles(sets, problems)
    return sets


def note_clashes(
    sets: Sets, tags: Collection[str], ids: Collection[str], problems: Problems, programs: Mapping[str, str]
) -> None:
    """Note the sets that are called as something else is: a tag or a host of the files, which are mistakes.

    `programs` has the tags and ids that hosts of programs have alone, each with the program: there the set counts.
    """
    for name, _ in sets:
        what = "a tag" if name in tags else "a host" if name in ids else ""
        if what:
            problems.add(
                ("sets", name), f"{quoted(name)} is {what} too", "@name has one meaning: call the set otherwise"
            )
        elif name in programs:
            what = f"{quoted(name)} is a tag or a host of the source {programs[name]} too, and the set counts"
            problems.warn(("sets", name), what, "call the set otherwise")


def note_guarded(sets: Sets, guard: GuardSettings, tags: Collection[str], problems: Problems) -> None:
    """Note the sets of `[guard]` of which it may hang on the moment what they are: nothing is guarded by a guess."""
    known = {each.name for each in sets}
    for key, names in (("protected", guard.protected), ("read_only", guard.read_only)):
        for index, name in enumerate(names):
            if name in known and (found := moving_in(f"@{name}", sets, tags)) is not None:
                hint = "[guard] takes sets of ids, tags, id: and metadata"
                problems.add(("guard", key, index), f"{quoted(name)} hangs on {found}", hint)


def names_of_nothing(sets: Sets, tags: Collection[str], ids: Collection[str]) -> Iterator[tuple[str, str, str]]:
    """Names without ranges and wildcards that stand for nothing: the set, what is wrong, and what would be right."""
    names = {f"@{each.name}" for each in sets}
    known = {*ids, *(f"@{tag}" for tag in tags), *names, *(f"@{word}" for word in RESERVED)}
    for name, expression in sets:
        for operand in operands_of(expression):
            if operand in known or not _PLAIN.fullmatch(operand) or operand.startswith(("@job.", "@last.")):
                continue
            near = nearest(operand, known, 1)
            hint = f"did you mean {near[0]}?" if near else "check its spelling, or take it out"
            yield name, f"no such {'tag or set' if operand[0] == '@' else 'host'}: {quoted(operand)[1:-1]}", hint


def _is_wrong(name: str, text: object, problems: Problems) -> bool:
    place, wrong = ("sets", name), _wrong_name(name)
    if wrong is not None:
        problems.add(place, f"{quoted(name)} {wrong[0]}", wrong[1])
    elif isinstance(text, dict):
        problems.add(place, "is a table", 'a name with a dot stands in quotes: "rack.1" = "@rack1"')
    elif not isinstance(text, str):
        problems.add(place, f"is {describe(text)}", _FORM)
    elif not text.strip():
        problems.add(place, "names no hosts", _FORM)
    elif len(text) > LONGEST:
        hint = f"at most {LONGEST:,} are allowed: let it name other sets"
        problems.add(place, f"has {len(text):,} characters", hint)
    elif not text.isprintable():
        problems.add(place, "has a line break or a control character", "write it in one line")
    elif not _WHOLE.fullmatch(text):
        problems.add(place, "has a bracket without its partner", "write ranges as in kvm[01-18,20]")
    else:
        return False
    return True


def _wrong_name(name: str) -> tuple[str, str] | None:
    if not _NAME.fullmatch(name) or not name.isprintable():
        return "is no name of a set", f"{_NAMES}, so that @name can be a target"
    word = name.casefold()
    if word in RESERVED:
        return "cannot be a set", f"@{word} means something already: choose another word"
    if word.startswith(("job.", "last.")):
        return "cannot be a set", f"@{word} means hosts of an earlier job: choose another word"
    return None


def _note_circles(sets: Sets, problems: Problems) -> None:
    known = dict(sets)
    inner = {name: named_in(text, known) for name, text in sets}
    told: set[str] = set()
    for name in known:
        if name not in told and (way := circle(name, inner)):
            told.update(way)
            shown = " names ".join(f"@{each}" for each in way[:6]) + (" …" if len(way) > 6 else "")
            problems.add(("sets", name), f"names itself: {shown}", "take one of these names out")
    if told:
        return
    deep: dict[str, int] = {}
    for name in known:
        if _depth(name, inner, deep) > DEEPEST:
            hint = f"at most {DEEPEST} sets may stand in each other: write the hosts of the inner ones here"
            problems.add(("sets", name), f"is {deep[name]} sets deep", hint)
            return


def _depth(name: str, inner: Mapping[str, Sequence[str]], deep: dict[str, int]) -> int:
    """How many sets stand in each other there; none of them names itself."""
    rest = [name]
    while rest:
        missing = [each for each in inner[rest[-1]] if each not in deep]
        if missing:
            rest += missing
        else:
            last = rest.pop()
            deep[last] = 1 + max((deep[each] for each in inner[last]), default=0)
    return deep[name]
