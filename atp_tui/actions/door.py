"""The one door: everything that touches a host, hosts.toml or known_hosts goes through `perform`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from enum import StrEnum
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from ..model.errors import AtpError
from ..model.target import TargetId
from .action import Action, Context, Invocation
from .policy import NOTHING_KNOWN, Agreement, Facts, Policy
from .registry import ACTIONS, find

if TYPE_CHECKING:
    from ..executor.job import Job


class JobAct(StrEnum):
    """What a person does to a job after it was asked for, in so far as it changes what happens on its hosts."""

    CANCEL = "cancel"
    PAUSE = "pause"
    RESUME = "resume"
    NEXT_WAVE = "next wave"
    STOP_WAVES = "stop waves"
    CALL_OFF = "call off"
    """Its command waits no longer for hosts that were away."""
    QUIT = "quit"
    """It is cancelled with the program."""


class Audit(Protocol):
    """Keeps what was asked for and how it ended. Of an act that changes nothing it need keep nothing.

    The end of its context waits for what is not on the disk yet, a few seconds at most.
    """

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def asked(self, action: Action, invocation: Invocation) -> int | None:
        """It passed the policy and is about to be carried out. Gives the number of the record, if there is one.

        Raises ActionFailed where it cannot be recorded: then it is not carried out. Nothing else raises.
        """
        ...

    def refused(self, action: Action, invocation: Invocation, error: AtpError) -> None:
        """The policy, or a wrong argument, kept it from being carried out."""
        ...

    def ended(self, record: int | None, error: BaseException | None) -> None:
        """It was carried out: None; or the error it ended with."""
        ...

    def started(self, record: int | None, job: Job) -> None:
        """It has started a job, whose end is the act's."""
        ...

    def steered(self, act: JobAct, job: str, targets: Collection[TargetId]) -> None:
        """A person has done this to a job, by its id; `targets` are those that it is about. It is done already: an end
        must not wait for a disk."""
        ...


class NoAudit:
    """Keeps nothing."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def asked(self, action: Action, invocation: Invocation) -> int | None:
        return None

    def refused(self, action: Action, invocation: Invocation, error: AtpError) -> None: ...
    def ended(self, record: int | None, error: BaseException | None) -> None: ...
    def started(self, record: int | None, job: Job) -> None: ...
    def steered(self, act: JobAct, job: str, targets: Collection[TargetId]) -> None: ...


class Door:
    """Carries invocations out, after its policy has let them pass, and tells its audit.

    `facts` gives what is known of the hosts of an invocation when the policy looks at it; `look` brings that up to date
    before something is changed.
    """

    def __init__(
        self,
        context: Context,
        policy: Policy | None = None,
        audit: Audit | None = None,
        actions: tuple[Action, ...] = ACTIONS,
        facts: Callable[[Invocation], Facts] = lambda _: NOTHING_KNOWN,
        look: Callable[[], Awaitable[object]] | None = None,
    ) -> None:
        self.policy = policy or Policy()
        self.actions = actions
        self._context = context
        self.audit = audit or NoAudit()
        self._facts = facts
        self._look = look

    def admit(self, invocation: Invocation) -> Action:
        """The action, where it may be carried out once a person has confirmed it.

        Raises ActionFailed for an unknown action, missing targets or wrong arguments, and ReadOnly.
        """
        action = find(invocation.action, self.actions)
        action.check(invocation)
        self.policy.allow(action, invocation, self._facts(invocation))
        return action

    def wants(self, invocation: Invocation) -> Agreement | None:
        """As Policy.wants. Raises what `admit` raises."""
        return self.policy.wants(self.admit(invocation), invocation, self._facts(invocation))

    def decline(self, invocation: Invocation, error: AtpError) -> None:
        """Keep on record that it was not carried out: `admit` has refused it, or a person has not agreed to it."""
        self.audit.refused(find(invocation.action, self.actions), invocation, error)

    def steered(self, act: JobAct, job: str, targets: Collection[TargetId]) -> None:
        """Keep on record what a person has done to a job."""
        self.audit.steered(act, job, targets)

    async def perform(self, invocation: Invocation) -> Job | None:
        """Carry it out; gives the job that it has started, if it did.

        Raises what `admit` raises, ConfirmationWanted where the policy says so, ActionFailed where its audit cannot
        record it, and whatever AtpError the action ends with.
        """
        action = find(invocation.action, self.actions)
        if self._look is not None and action.changes:
            await self._look()
        try:
            self.admit(invocation)
            self.policy.require_confirmation(action, invocation, self._facts(invocation))
        except AtpError as error:
            self.audit.refused(action, invocation, error)
            raise
        record = await self.audit.asked(action, invocation)
        try:
            job = await action.run(self._context, invocation)
            if (job is not None) is not action.starts_job:
                raise RuntimeError(f"{action.name} gave {job}, and its starts_job is {action.starts_job}")
        except BaseException as error:
            self.audit.ended(record, error)
            raise
        if job is None:
            self.audit.ended(record, None)
        else:
            self.audit.started(record, job)
        return job
