"""An order turned round: how it is written, and the command that does it in every view with an order. Pure."""

from __future__ import annotations

from .spec import ViewCommand

ON, OFF = "on", "off"

REVERSE = ViewCommand(
    "reverse", "turn round", "turn the order round: reverse; reverse on, reverse off", lambda _: (ON, OFF)
)


def sort_written(text: str) -> tuple[str, bool]:
    """`cpu` as ("cpu", False), `cpu -` and `-cpu` as ("cpu", True); in small letters. No order has a - in its name."""
    return text.replace("-", " ").strip().casefold(), "-" in text


def sort_as_written(name: str, *, turned: bool) -> str:
    """The text that `sort_written` reads so."""
    return f"{name} -" if turned else name


def turned_by(argument: str, *, now: bool) -> bool | None:
    """Whether the order is turned round after `:reverse` with that argument; None where that says nothing."""
    return {"": not now, ON: True, OFF: False}.get(argument.strip().casefold())


UNCLEAR = f"write reverse, reverse {ON} or reverse {OFF}"
"""What is said where an argument says nothing."""
