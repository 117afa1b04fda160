"""Which invocations pass the door as they are, and which need a person's word before. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from ..model.errors import ConfirmationWanted, ReadOnly
from ..model.message import told
from ..model.say import Say
from .action import Action, Danger, Invocation


@dataclass(frozen=True, slots=True)
class Policy:
    """`read_only`: nothing passes that changes a host, known_hosts or hosts.toml.

    `confirm_above`: an invocation for more targets than that needs the word of a person who has seen their number, and
    one whose danger is trust always needs it. None: nobody is there to be asked, and all that is written counts.
    """

    read_only: bool = False
    confirm_above: int | None = None

    def wants(self, action: Action, invocation: Invocation) -> int | None:
        """The number of targets that a person has to confirm first; None where nobody is to be asked."""
        number = len(invocation.targets)
        if self.confirm_above is None or invocation.confirmed == number:
            return None
        if action.danger is not Danger.TRUST and number <= self.confirm_above:
            return None
        return number

    def allow(self, action: Action) -> None:
        """Raise ReadOnly where the action never passes."""
        if self.read_only and action.changes:
            raise ReadOnly(told(Say.READ_ONLY, action=action.name))

    def require_confirmation(self, action: Action, invocation: Invocation) -> None:
        """Raise ConfirmationWanted where a person has to be asked first."""
        number = self.wants(action, invocation)
        if number is None:
            return
        if action.danger is Danger.TRUST:
            raise ConfirmationWanted(told(Say.NOT_AGREED, action=action.name))
        raise ConfirmationWanted(told(Say.UNCONFIRMED, action=action.name, number=number))
