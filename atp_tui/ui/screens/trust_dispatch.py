"""What a person is asked where a host refused to connect: whether its key is trusted, and its password."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

from textual.app import App

from ...actions.action import Invocation, Value
from ...engine.fleet import Fleet
from ...model.causes import Cause, Remedy
from ...model.credential import Credential, Secret
from ...model.questions import KeyQuestion, PasswordQuestion
from ..early_keys import HearsNothingAtFirst
from ..text import safe
from .login_queue import LoginQueue

T = TypeVar("T")


class TrustSurface(Protocol):
    """The main screen, as far as these questions need it."""

    @property
    def app(self) -> App[object]: ...
    def spawn(self, work: Coroutine[None, None, None]) -> None: ...
    def tell(self, text: str, *, wrong: bool = False) -> None: ...


class Acts(Protocol):
    """How what was agreed to is made an act of the registry. See Dispatch."""

    def meant(self, expression: str) -> tuple[str, ...] | None: ...
    def invocation(
        self, action: str, hosts: Iterable[str], arguments: Mapping[str, Value], secret: Secret | None = None
    ) -> Invocation: ...
    def ask_about(
        self, invocation: Invocation, question: HearsNothingAtFirst[bool], agreed: Callable[[], object]
    ) -> None: ...
    async def reported(self, invocation: Invocation, done: str) -> None: ...


class TrustDispatch:
    """One method a question."""

    def __init__(self, screen: TrustSurface, fleet: Fleet, acts: Acts, logins: LoginQueue) -> None:
        self._screen = screen
        self._fleet = fleet
        self._acts = acts
        self._logins = logins

    def look_at_key(self, argument: str) -> None:
        """Ask about the key of a host that is meant; where none of them has such a question, of the first that has."""
        hosts, waiting = self._acts.meant(argument), self._fleet.waiting()
        if hosts is None:
            return
        refused = [each.host_id for each in waiting if each.trouble.remedy is Remedy.TRUST_KEY]
        revoked = [each.host_id for each in waiting if each.trouble.cause is Cause.KEY_REVOKED]
        untrusted = (*revoked, *refused)  # a revoked key is nobody's to trust
        question = _first(self._fleet.key_question, hosts)
        meant = [host for host in hosts if host in untrusted]
        if question is None and not meant:  # who means a revoked key must not find another host's to agree to
            question = _first(self._fleet.key_question, refused)
        if question is not None:
            from .ask import ask_about_key

            asked = self._trusting(question)
            self._acts.ask_about(asked, ask_about_key(question), lambda: self._screen.spawn(self._trust(asked)))
        elif untrusted:
            self._screen.tell(f"the key of {safe((*meant, *untrusted)[0])} cannot be trusted from here", wrong=True)
        else:
            self._screen.tell("no host key was refused")

    def ask_for_password(self, argument: str) -> None:
        """Ask what a host that is meant wants; where none of them wants anything, what the first wants that does.

        What is asked over SSH is known once they log in, and comes then (LoginQueue)."""
        hosts = self._acts.meant(argument)
        if hosts is None:
            return
        waiting = [each.host_id for each in self._fleet.waiting() if each.trouble.remedy is Remedy.LOG_IN]
        under_way = self._fleet.login_question(next(iter(hosts), ""))
        question = _first(self._fleet.password_question, hosts)
        meant = [host for host in hosts if host in waiting]
        if question is None and under_way is not None:
            self._logins.ask(under_way)
        elif question is None and meant:
            self._screen.spawn(self._ask_to_log_in(meant))
        elif question is not None or (question := _first(self._fleet.password_question, waiting)) is not None:
            self._type_password(question)
        elif beside := [host for host in hosts if self._wants_beside(host)] or waiting[:1]:
            self._screen.spawn(self._ask_to_log_in(beside))
        else:
            self._screen.tell("no host wants a password")

    def _wants_beside(self, host: str) -> bool:
        """Whether a host that is watched without SSH has no SSH connection open: nobody knows whether it would ask."""
        detail = self._fleet.detail(host)
        pools = () if detail is None else detail.pools
        return len(pools) > 1 and any(pool.channel == "ssh" and not pool.active_connections for pool in pools)

    async def _ask_to_log_in(self, hosts: Sequence[str]) -> None:
        asked = replace(self._acts.invocation("log-in", hosts, {}), confirmed=len(hosts))
        where = hosts[0] if len(hosts) == 1 else f"{len(hosts)} hosts"
        await self._acts.reported(asked, safe(f"logging in: {where}"))

    def _type_password(self, question: PasswordQuestion) -> None:
        from .password import PasswordScreen

        def answered(credential: Credential | None) -> None:
            if credential is not None:
                self._screen.spawn(self._log_in(question, credential))

        self._screen.app.push_screen(PasswordScreen(question), answered)

    async def _log_in(self, question: PasswordQuestion, credential: Credential) -> None:
        arguments = {"user": credential.name, "uri": question.uri}
        asked = self._acts.invocation("log-in", (question.host_id,), arguments, credential.password)
        await self._acts.reported(replace(asked, confirmed=1), f"logging in: {question.host_id}")

    def _trusting(self, question: KeyQuestion) -> Invocation:
        arguments: dict[str, Value] = {
            "fingerprint": question.fingerprint,
            "key": question.public_key,
            "changed": question.changed,
        }
        return self._acts.invocation("trust-key", (question.host_id,), arguments)

    async def _trust(self, asked: Invocation) -> None:
        await self._acts.reported(replace(asked, confirmed=1), f"trusted: {asked.hosts[0]}")


def _first(ask: Callable[[str], T | None], hosts: Iterable[str]) -> T | None:
    """The question about the first host that has one."""
    return next((question for question in map(ask, hosts) if question is not None), None)
