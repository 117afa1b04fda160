"""A view in one line, to be opened in another terminal: `heat?filter=@rack1&figure=rtt`, `host/kvm07`. Pure."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import parse_qsl, quote, unquote

from ..model.data_class import dataclass
from ..model.errors import ConfigError
from ..model.near import nearest
from ..model.quoting import quoted
from .places import Place

_PLAIN = ":/@,!^[]()<>*=~-."
"""Signs of the target language that mean nothing else in a locator."""


@dataclass(frozen=True, slots=True)
class Locator:
    """A place, the filter in it, and the commands that its view is given, each with its argument."""

    place: Place
    filter: str = ""
    commands: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        pairs = [("filter", self.filter)] if self.filter else []
        words = "&".join(f"{name}={quote(value, safe=_PLAIN)}" for name, value in (*pairs, *self.commands))
        subject = f"/{quote(self.place.subject, safe=_PLAIN)}" if self.place.subject else ""
        return f"{self.place.view}{subject}{f'?{words}' if words else ''}"


def locator_of(text: str, views: Collection[str]) -> Locator:
    """Read what a locator says; `views` are the names of the views. Raises ConfigError."""
    place, _, query = text.partition("?")
    view, _, subject = place.partition("/")
    if view not in views:
        near = nearest(view, tuple(views), 1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(views)}"
        raise ConfigError(f"{quoted(view)} is no view", key="view", hint=hint)
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=True, max_num_fields=20) if query else []
    except ValueError:
        hint = "write such as fleet?filter=@rack1"
        raise ConfigError(f"{quoted(query)} is not NAME=VALUE", key="view", hint=hint) from None
    filters = [value for name, value in pairs if name == "filter"]
    commands = tuple((name, value) for name, value in pairs if name != "filter")
    return Locator(Place(view, unquote(subject)), filters[-1] if filters else "", commands)
