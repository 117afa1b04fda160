"""What is wrong with a person's `[ui.keys]`: asked by whoever reads hosts.toml for the screen. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches

from textual.binding import Binding
from textual.widgets import Input

from ..actions.registry import ACTIONS
from .bindings import FIXED, HELP, PAGER, PANE
from .commands import ScreenCommand
from .key_names import UnknownKey, key_shown, types_a_sign
from .keymap import keys_written
from .views.keys import CHAINS, CHANGEABLE, commands_of

Problem = tuple[str, str, str]
"""The id, what is wrong with it, and what would be right."""

_EDITING = frozenset(binding.key for binding in Binding.make_bindings(Input.BINDINGS))
"""Keys by which a line of text is edited."""


def key_problems(chosen: Mapping[str, str]) -> Iterator[Problem]:
    """All that is wrong with these keys by id, in their order."""
    commands = commands_of(ACTIONS)
    known = {id: binding.key for id, binding in CHANGEABLE.items()} | {each.id: each.key or "" for each in commands}
    right: dict[str, tuple[str, ...]] = {}
    for id, written in chosen.items():
        if id not in known:
            yield (id, *_unknown(id, known))
            continue
        try:
            right[id] = keys_written(written)
        except UnknownKey as error:
            yield id, str(error), error.hint
    own = {id: tuple(names.split(",")) for id, names in known.items() if names}
    chains = tuple(_chains(commands))
    for id, keys in right.items():
        for key in dict.fromkeys(keys):
            if keys.count(key) > 1:
                yield id, f"{key_shown(key)} stands there twice", "name each key once"
            elif _is_for_text(id, key) and key not in own.get(id, ()):
                yield id, f"{key_shown(key)} is needed to type and edit text", "choose such as f5 or ctrl+x"
            elif taken := _taken(id, key, own, right, chains):
                yield (
                    id,
                    f"{key_shown(key)} is the key of {taken} already",
                    f"choose another one, or give {taken} another",
                )


def _unknown(id: str, known: Iterable[str]) -> tuple[str, str]:
    if id in FIXED:
        return "has the same keys for everybody", "leave it out"
    names = sorted(known)
    near = get_close_matches(id, names, n=1)
    groups = sorted({f"{name.partition('.')[0]}.…" for name in names})
    return "no key has this id", f"did you mean {near[0]!r}?" if near else f"there are {', '.join(groups)}"


def _chains(commands: Sequence[ScreenCommand]) -> Iterator[tuple[str, ...]]:
    """The ids that may be asked for one key, in each place of the screens."""
    for chain in CHAINS:
        last = () if HELP in chain or PAGER in chain else tuple(command.id for command in commands)
        yield (*(binding.id for part in chain for binding in part if binding.id), *last)


def _is_for_text(id: str, key: str) -> bool:
    """Whether a text input would lose the key: what is bound in it or before it is asked first."""
    binding = CHANGEABLE.get(id)
    asked_first = binding is not None and (binding in PANE or binding.priority)
    return asked_first and (types_a_sign(key) or key in _EDITING)


def _taken(
    id: str,
    key: str,
    own: Mapping[str, tuple[str, ...]],
    right: Mapping[str, tuple[str, ...]],
    chains: Iterable[tuple[str, ...]],
) -> str | None:
    """The id that has the key where this one has it too. Two that have it of their own are meant to."""
    now = {**own, **right}
    for chain in chains:
        for other in chain if id in chain else ():
            if other == id or key not in now.get(other, ()):
                continue
            if key not in own.get(id, ()) or key not in own.get(other, ()):
                return other
    return None
