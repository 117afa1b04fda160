"""The fleet of this process: the port's answers, made from the view, the transport, the door and the jobs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Protocol

from ..actions.hosts import edits_on
from ..actions.policy import Admission
from ..model.errors import ActionFailed, AtpError, HostUnknown
from ..model.freeze import Frozen
from ..model.message import Message, told
from ..model.problem import problem_of
from ..model.reload import Reload
from ..model.say import Say
from .answers import JobAnswers
from .fleet import (
    Change,
    Detail,
    Forms,
    Importable,
    JobTicket,
    Performed,
    PlaceInFile,
    Preview,
)
from .local_jobs import LocalJobs
from .stream import Stream

if TYPE_CHECKING:
    from ..actions.action import HostsFile, Invocation
    from ..config.imports.offer import ImportAsked
    from ..model.credential import Secret
    from ..model.forward import Forward
    from ..model.questions import KeyQuestion, Locked, LoginQuestion, PasswordQuestion, Touch
    from ..monitor.cells import Cell
    from ..monitor.domain_query import DomainDetail, DomainPage, DomainQuery
    from ..monitor.follower import Changed
    from ..monitor.happening import HappeningPage, HappeningQuery
    from ..monitor.host_filter import Expressions
    from ..monitor.query import Fields, GroupSums, Page, Query
    from ..monitor.rows import HostRow
    from ..monitor.tally import Summary, Waiting
    from .below import Asking, Door, Follower, Happenings, Jobs, Targets, Transport, Trying, View, Waits
    from .forwards import ForwardNews
    from .pages import Pages
    from .resolved import Resolved, TargetWords
    from .try_out import TryStep
    from .went_on import WentOn


class _NothingWaits:
    """No command waits for a host that is away."""

    async def went_on(self) -> AsyncIterator[WentOn]:
        await asyncio.get_running_loop().create_future()
        return
        yield  # an iterator without an item

    def waits(self, job: str) -> int:
        return 0

    async def call_off(self, job: str) -> int:
        return 0


class Locking(Protocol):
    """The lock of the screen."""

    def locked(self) -> Locked | None: ...
    async def unlock(self, secret: Secret | None, /) -> bool: ...


class Opened(Protocol):
    """The forwards that were opened."""

    def now(self) -> tuple[Forward, ...]: ...
    def news(self) -> AsyncIterator[ForwardNews]: ...


class _NothingIsForwarded:
    """No forward can be opened."""

    def now(self) -> tuple[Forward, ...]:
        return ()

    async def news(self) -> AsyncIterator[ForwardNews]:
        await asyncio.get_running_loop().create_future()
        return
        yield  # an iterator without an item


class _NeverLocked:
    """Nothing was typed."""

    def locked(self) -> Locked | None:
        return None

    async def unlock(self, secret: Secret | None, /) -> bool:
        return True


class LocalFleet(LocalJobs):
    """As engine.fleet.Fleet, in this process."""

    def __init__(
        self,
        transport: Transport,
        view: View,
        follower: Follower,
        happenings: Happenings,
        targets: Targets,
        asking: Asking,
        door: Door,
        jobs: Jobs,
        key_question: Callable[[str], KeyQuestion | None],
        password_question: Callable[[str], PasswordQuestion | None],
        reload: Callable[[], Reload] = Reload,
        hosts_file: HostsFile | None = None,
        trial: Trying | None = None,
        job_number: Callable[[str], Awaitable[int | None]] | None = None,
        frozen: Callable[[], Frozen] = Frozen,
        answers: JobAnswers | None = None,
        pick_ups: Waits | None = None,
        login_question: Callable[[str], LoginQuestion | None] = lambda _: None,
        expressions: Callable[[], Expressions] | None = None,
        touch: Callable[[], Touch | None] = lambda: None,
        spilled: Callable[[str], str] = lambda _: "",
        forwards: Opened | None = None,
        lock: Locking | None = None,
    ) -> None:
        """The questions may raise HostUnknown. `expressions` makes what filters say by targets."""
        self._transport = transport
        self._view = view
        self._happenings = happenings
        self._targets = targets
        super().__init__(jobs, door, job_number, spilled)
        self._key_question = key_question
        self._password_question = password_question
        self.reload, self.frozen = reload, frozen
        self.login_question, self.touch = login_question, touch
        lock = lock or _NeverLocked()
        self.locked, self.unlock = lock.locked, lock.unlock
        self._hosts_file = hosts_file
        self._trial = trial
        self.now = transport.clock.monotonic
        self.ask, self.settle = asking.ask, asking.settle
        self.describe_domain, self.guest_of = asking.describe_domain, asking.guest_of
        forwards = forwards or _NothingIsForwarded()
        self.forwards, self.forward_news = forwards.now, forwards.news
        pick_ups = pick_ups or _NothingWaits()
        self.went_on, self.waits, self.call_off = pick_ups.went_on, pick_ups.waits, pick_ups.call_off
        answers = answers or JobAnswers(jobs)
        self.parts, self.output, self.members = answers.parts, answers.output, answers.members
        self.name_parts, self.mask_parts = answers.name_parts, answers.mask_parts
        self._pages: Pages | None = None
        self._expressions = expressions
        self._order: Mapping[str, int] | None = None
        self._number = 0
        self._streams: list[Stream] = []
        self._follower = follower

    # -- what is known -------------------------------------------------------------------------------------------

    def _listen(self) -> Pages:
        """From the first question on; at that moment all that is there is news."""
        if self._pages is None:
            from .pages import Pages  # a verb that runs something asks for no page

            self._pages = Pages(self._view, None if self._expressions is None else self._expressions())
            self._follower.listen(self._heard)
        return self._pages

    def _heard(self, changed: Changed) -> None:
        self._number += 1
        described = changed.hosts is None
        if described:
            self._order = None
        if self._pages is not None:
            self._pages.note(changed.hosts)
        for stream in self._streams:
            stream.put(Change(self._number, changed.urgent, described))

    async def changes(self) -> AsyncIterator[Change]:
        """As Fleet.changes."""
        self._listen()
        stream = Stream(Change(self._number, urgent=True, described=True))
        self._streams.append(stream)
        try:
            while True:
                yield await stream.next()
        finally:
            self._streams.remove(stream)

    def summary(self) -> Summary:
        """As Fleet.summary."""
        return self._listen().tally.summary()

    def page(self, query: Query) -> Page:
        """As Fleet.page."""
        return self._listen().arrangements.page(query, self.now())

    def place(self, query: Query, key: str) -> int | None:
        """As Fleet.place."""
        return self._listen().arrangements.place(query, key)

    def hosts(self, query: Query, group: str | None = None) -> tuple[str, ...]:
        """As Fleet.hosts."""
        return self._listen().arrangements.hosts(query, group)

    def between(self, query: Query, one: str, other: str) -> tuple[str, ...]:
        """As Fleet.between."""
        return self._listen().arrangements.between(query, one, other)

    def following(self, query: Query, key: str, step: int) -> str | None:
        """As Fleet.following."""
        return self._listen().arrangements.following(query, key, step)

    def sums(self, query: Query, key: str) -> GroupSums | None:
        """As Fleet.sums."""
        return self._listen().arrangements.sums(query, key)

    def fields(self) -> Fields:
        """As Fleet.fields."""
        return self._listen().fields()

    def group_of(self, query: Query, host_id: str) -> str | None:
        """As Fleet.group_of."""
        return self._listen().arrangements.group_of(query, host_id)

    def domain_page(self, query: DomainQuery) -> DomainPage:
        """As Fleet.domain_page."""
        return self._listen().domains.of(query).page(query, self.now())

    def domain_place(self, query: DomainQuery, key: str) -> int | None:
        """As Fleet.domain_place."""
        return self._listen().domains.of(query).place(query, key)

    def domain_keys(self, query: DomainQuery, group: str | None = None) -> tuple[str, ...]:
        """As Fleet.domain_keys."""
        return self._listen().domains.of(query).keys(group)

    def domain_hosts(self, keys: Collection[str]) -> tuple[str, ...]:
        """As Fleet.domain_hosts."""
        return self.known(self._listen().domains.hosts(keys))

    def domain(self, host_id: str, which: str) -> DomainDetail | None:
        """As Fleet.domain."""
        return self._listen().domains.detail(host_id, which, self.now())

    def rows(self, ids: Collection[str]) -> tuple[HostRow, ...]:
        """As Fleet.rows."""
        return tuple([row for row in map(self._view.row, ids) if row is not None])

    def cells(self, ids: Collection[str], metric: str) -> tuple[Cell, ...]:
        """As Fleet.cells."""
        return self._listen().cells.of(ids, metric)

    def known(self, ids: Collection[str]) -> tuple[str, ...]:
        """As Fleet.known."""
        self._listen()
        if self._order is None:
            self._order = {row.id: number for number, row in enumerate(self._view.rows())}
        return tuple(sorted(self._order.keys() & ids, key=self._order.__getitem__))

    def runnable(self, ids: Collection[str]) -> tuple[str, ...]:
        """As Fleet.runnable."""
        return tuple([row.id for row in self.rows(ids) if row.takes_commands])

    def happened(self, query: HappeningQuery) -> HappeningPage:
        """As Fleet.happened."""
        return self._happenings.page(query, self.now())

    def detail(self, host_id: str) -> Detail | None:
        """As Fleet.detail."""
        detail = self._view.detail(host_id)
        if detail is None:
            return None
        try:
            host, pools = self._transport.host(host_id), self._transport.pools(host_id)
        except HostUnknown:  # the view is a moment behind the transport
            return None
        now = self.now()
        lives = self._view.lives(host_id, (one for pool in pools for one in pool.connections), now)
        return Detail(now, detail, pools, host.reached_by, lives)

    def resolve(self, expression: str) -> Resolved:
        """As Fleet.resolve."""
        return self._targets.resolved(expression)

    def target_words(self) -> TargetWords:
        """As Fleet.target_words."""
        from .resolved import TargetWords

        targets = self._targets
        return TargetWords(self.fields().tags, targets.set_names, targets.job_numbers)

    def looked_at(self, host_id: str) -> None:
        """As Fleet.looked_at."""
        with suppress(HostUnknown):
            self._transport.looked_at(host_id)

    # -- questions -----------------------------------------------------------------------------------------------

    def waiting(self) -> tuple[Waiting, ...]:
        """As Fleet.waiting."""
        return self._listen().tally.waiting()

    def key_question(self, host_id: str) -> KeyQuestion | None:
        """As Fleet.key_question."""
        try:
            return self._key_question(host_id)
        except HostUnknown:
            return None

    def password_question(self, host_id: str) -> PasswordQuestion | None:
        """As Fleet.password_question."""
        try:
            return self._password_question(host_id)
        except HostUnknown:
            return None

    # -- the file of the hosts -----------------------------------------------------------------------------------

    async def forms(self, host_ids: Sequence[str]) -> Forms:
        """As Fleet.forms."""
        try:
            if self._hosts_file is None:
                raise ActionFailed(told(Say.NO_HOSTS_FILE))
            fields, config = await self._hosts_file.fields(host_ids), await self._hosts_file.known()
            files = [each.name for each in config.included if not set(host_ids).isdisjoint(each.hosts)]
            return Forms(fields, files=tuple(files))
        except AtpError as error:
            return Forms(problem=problem_of(error))

    async def preview(self, invocation: Invocation) -> Preview:
        """As Fleet.preview."""
        try:
            self._door.admit(invocation)
            if self._hosts_file is None:
                raise ActionFailed(told(Say.NO_HOSTS_FILE))
            edits = await edits_on(invocation, self._hosts_file)
            return Preview((await self._hosts_file.look(edits, "")).difference)
        except AtpError as error:
            return Preview(problem=problem_of(error))

    async def place_of(self, host_id: str) -> PlaceInFile | None:
        """As Fleet.place_of."""
        try:
            if self._hosts_file is None:
                return None
            file, line = await self._hosts_file.place_of(host_id)
            return PlaceInFile(str(file), line)
        except AtpError:
            return None

    async def importable(self, asked: ImportAsked) -> Importable:
        """As Fleet.importable."""
        try:
            if self._hosts_file is None:
                raise ActionFailed(told(Say.NO_HOSTS_FILE))
            return Importable(await self._hosts_file.offered(asked))
        except AtpError as error:
            return Importable(problem=problem_of(error))

    async def try_out(self, host_id: str, edit: Invocation | None = None) -> AsyncIterator[TryStep]:
        """As Fleet.try_out."""
        if self._trial is not None:
            async with aclosing(self._trial.steps(host_id, edit)) as steps:
                async for step in steps:
                    yield step

    # -- what is done --------------------------------------------------------------------------------------------

    def admit(self, invocation: Invocation) -> Admission:
        """As Fleet.admit."""
        try:
            return Admission(confirm=self._door.wants(invocation))
        except AtpError as error:
            return Admission(problem_of(error))

    def decline(self, invocation: Invocation, reason: Message | None = None) -> None:
        """As Fleet.decline."""
        why = told(Say.DECLINED, action=invocation.action, number=len(invocation.targets)) if reason is None else reason
        self._door.decline(invocation, ActionFailed(why))

    async def perform(self, invocation: Invocation) -> Performed:
        """As Fleet.perform."""
        before = None if self._hosts_file is None else self._hosts_file.written
        try:
            job = await self._door.perform(invocation)
        except AtpError as error:
            return Performed(problem=problem_of(error))
        if job is not None:
            return Performed(JobTicket(job.id, job.title, job.targets, job.started_at))
        written = None if self._hosts_file is None else self._hosts_file.written
        return Performed() if written is None or written is before else Performed(what=written.what, note=written.note)
