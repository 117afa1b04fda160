"""Which keys each binding and each command has for this person: their own, and those that `[ui.keys]` says instead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.binding import Binding, BindingsMap

from ..actions.registry import ACTIONS
from .bindings import CHANGEABLE, FIXED
from .commands import ScreenCommand, all_commands
from .key_names import key_name, key_shown


class Keymap:
    """By id, the keys of `bindings` and of `commands`. `chosen` has those that a person wants instead of a
    binding's own: one key, or several with commas between them; it must be one that `key_problems` finds right."""

    def __init__(
        self,
        commands: Sequence[ScreenCommand] = (),
        chosen: Mapping[str, str] | None = None,
        bindings: Mapping[str, Binding] = CHANGEABLE,
    ) -> None:
        self.commands = tuple(commands)
        self.chosen = {id: ",".join(keys_written(keys)) for id, keys in (chosen or {}).items()}
        own = {id: binding.key for id, binding in {**bindings, **FIXED}.items()}
        own |= {command.id: command.key for command in self.commands if command.key}
        self._keys = {id: tuple(keys.split(",")) for id, keys in (own | self.chosen).items()}

    def keys(self, id: str) -> tuple[str, ...]:
        """Textual's names of the keys; empty where it has none, or where there is no such id."""
        return self._keys.get(id, ())

    def signs(self, *ids: str) -> str:
        """All keys of these, as a person reads them, with blanks between them."""
        return " ".join(key_shown(key) for id in ids for key in self.keys(id))

    def sign(self, *ids: str) -> str:
        """The first key of each of these, as a person reads them."""
        return " ".join(key_shown(keys[0]) for id in ids if (keys := self.keys(id)))

    def of_commands(self) -> BindingsMap:
        """The bindings of the commands, with the keys that they have here.

        They are made so, and not left to Textual's keymap: below a text input that one takes the binding of `q` away
        before it learns that F10 stands in its place.
        """
        return BindingsMap(
            Binding(
                ",".join(keys), f"screen.command({command.name!r})", command.title,
                show=False, tooltip=command.help, id=command.id,
            )
            for command in self.commands
            if (keys := self.keys(command.id))
        )  # fmt: skip


def keys_written(keys: str) -> tuple[str, ...]:
    """Textual's names of the keys of a text of hosts.toml. Raises UnknownKey."""
    return tuple(key_name(key.strip()) for key in keys.split(","))


OWN = Keymap(all_commands(ACTIONS))
"""Those of the regions that stand around every view, as the program has them. `views.keys.WHOLE` has all."""
