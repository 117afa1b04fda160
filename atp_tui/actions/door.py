"""The one door: everything that touches a host, hosts.toml or known_hosts goes through `perform`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ..model.errors import AtpError
from .action import Action, Context, Invocation
from .policy import Policy
from .registry import ACTIONS, find

if TYPE_CHECKING:
    from ..executor.job import Job


class Audit(Protocol):
    """Keeps what was asked for and how it ended. An implementation never raises; it may hold a request up."""

    def asked(self, action: Action, invocation: Invocation) -> None:
        """It passed the policy and is about to be carried out."""
        ...

    def refused(self, action: Action, invocation: Invocation, error: AtpError) -> None:
        """The policy, or a wrong argument, kept it from being carried out."""
        ...

    def ended(self, action: Action, invocation: Invocation, error: BaseException | None) -> None:
        """It was carried out, or its job was started: None; or the error it ended with."""
        ...


class NoAudit:
    """Keeps nothing."""

    def asked(self, action: Action, invocation: Invocation) -> None: ...
    def refused(self, action: Action, invocation: Invocation, error: AtpError) -> None: ...
    def ended(self, action: Action, invocation: Invocation, error: BaseException | None) -> None: ...


class Door:
    """Carries invocations out, after its policy has let them pass, and tells its audit."""

    def __init__(
        self,
        context: Context,
        policy: Policy | None = None,
        audit: Audit | None = None,
        actions: tuple[Action, ...] = ACTIONS,
    ) -> None:
        self.policy = policy or Policy()
        self.actions = actions
        self._context = context
        self._audit = audit or NoAudit()

    def admit(self, invocation: Invocation) -> Action:
        """The action, where it may be carried out once a person has confirmed it.

        Raises ActionFailed for an unknown action, missing targets or wrong arguments, and ReadOnly.
        """
        action = find(invocation.action, self.actions)
        action.check(invocation)
        self.policy.allow(action)
        return action

    async def perform(self, invocation: Invocation) -> Job | None:
        """Carry it out; gives the job that it has started, if it did.

        Raises what `admit` raises, ConfirmationWanted where the policy says so, and whatever AtpError the action ends
        with.
        """
        action = find(invocation.action, self.actions)
        try:
            self.admit(invocation)
            self.policy.require_confirmation(action, invocation)
        except AtpError as error:
            self._audit.refused(action, invocation, error)
            raise
        self._audit.asked(action, invocation)
        try:
            job = await action.run(self._context, invocation)
            if (job is not None) is not action.starts_job:
                raise RuntimeError(f"{action.name} gave {job}, and its starts_job is {action.starts_job}")
        except BaseException as error:
            self._audit.ended(action, invocation, error)
            raise
        self._audit.ended(action, invocation, None)
        return job
