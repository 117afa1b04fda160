"""Which invocations pass the door as they are, and which need a person's word before. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from ..model.errors import ConfirmationWanted, ReadOnly
from ..model.message import told
from ..model.say import Say
from .action import Action, Invocation


@dataclass(frozen=True, slots=True)
class Policy:
    """`read_only`: nothing passes that changes a host, known_hosts or hosts.toml. `confirm_above`: an invocation for
    more targets than that needs the word of a person who has seen their number; None: never."""

    read_only: bool = False
    confirm_above: int | None = None

    def wants(self, invocation: Invocation) -> int | None:
        """The number of targets that a person has to confirm first; None where nobody is to be asked."""
        number = len(invocation.targets)
        if self.confirm_above is None or number <= self.confirm_above or invocation.confirmed == number:
            return None
        return number

    def allow(self, action: Action) -> None:
        """Raise ReadOnly where the action never passes."""
        if self.read_only and action.changes:
            raise ReadOnly(told(Say.READ_ONLY, action=action.name))

    def require_confirmation(self, invocation: Invocation) -> None:
        """Raise ConfirmationWanted where a person has to be asked first."""
        number = self.wants(invocation)
        if number is not None:
            raise ConfirmationWanted(told(Say.UNCONFIRMED, action=invocation.action, number=number))
