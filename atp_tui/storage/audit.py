"""The audit of the door in a file of the user's own: an act that cannot be recorded is not carried out."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import queue
import socket
import syslog
import threading
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from ..actions.action import Action, Invocation
from ..actions.door import Audit, JobAct, NoAudit
from ..config.fleet import AuditMode, FleetConfig
from ..config.paths import state_dir
from ..engine.person import user_name
from ..model.data_class import dataclass
from ..model.delivery import NOTHING_MORE, Delivery
from ..model.errors import ActionFailed, AtpError
from ..model.exhausted import exhausted
from ..model.message import told
from ..model.quoting import redacted
from ..model.say import Say
from ..model.secret_lines import may_hold_a_secret
from ..model.target import TargetId
from .audit_file import AuditFile
from .chain import Head, Kind
from .words import reason

if TYPE_CHECKING:
    from ..executor.job import Job

_log = logging.getLogger(__name__)

ANSWER_LIMIT = 10.0
"""Seconds until a disk that does not answer keeps an act from being carried out."""

CLOSE_LIMIT = 2.0
"""Seconds that the end waits for the last records."""


@dataclass(frozen=True, slots=True)
class Person:
    """The person at this program. `sudo_user`, `tty` and `address` are what the environment says: a person who may set
    it can say what he likes there. `user` is the kernel's word."""

    user: str
    sudo_user: str = ""
    tty: str = ""
    address: str = ""

    @staticmethod
    def here(user: str, environ: Mapping[str, str] = os.environ) -> Person:
        """The person of this process, by the name that the system has for its user."""
        tty = ""
        for descriptor in (0, 1, 2):
            with contextlib.suppress(OSError):
                tty = os.ttyname(descriptor)
                break
        address = environ.get("SSH_CONNECTION", "").partition(" ")[0]
        return Person(user, environ.get("SUDO_USER", ""), tty, address)

    def fields(self) -> dict[str, str]:
        """What is known of it."""
        found = {"user": self.user, "sudo_user": self.sudo_user, "tty": self.tty, "address": self.address}
        return {name: value for name, value in found.items() if value}


def audit_of(config: FleetConfig, warn: Callable[[str], object], via: str) -> Audit:
    """The audit that a configuration asks for; `warn` and `via` as of FileAudit. Raises ConfigError where there is no
    home."""
    if config.path is None or config.audit is AuditMode.OFF:
        return NoAudit()
    person = Person.here(user_name())
    return FileAudit(AuditFile(state_dir()), person, warn, via=via, to_syslog=config.audit is AuditMode.SYSLOG)


Written = Callable[[Head | None, Exception | None], None]


@dataclass(frozen=True, slots=True)
class _Item:
    kind: Kind
    fields: dict[str, Any]
    settle: Written


class FileAudit:
    """As actions.door.Audit, an act that changes something alone. Use it as an async context manager: its end waits
    for the last records, CLOSE_LIMIT seconds at most.

    `warn` gets words for a person where a record was lost that nothing could wait for: they may hold a path. With
    `to_syslog` each new head is given to the system's log, where another person keeps it. `via` names the surface of
    the person: the screen, a verb, the library.
    """

    def __init__(
        self, file: AuditFile, person: Person, warn: Callable[[str], object], *, via: str = "", to_syslog: bool = False
    ) -> None:
        self._file = file
        self._by = {"by": person.fields(), "pid": os.getpid(), "on": socket.gethostname(), "via": via}
        self._jobs: dict[str, int] = {}  # the record of each job that runs
        self._warn = warn
        self._to_syslog = to_syslog
        self._queue: queue.SimpleQueue[_Item | None] = queue.SimpleQueue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended: asyncio.Future[None] | None = None
        self._warned = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._ended is None:
            return
        self._queue.put(None)
        ended, self._ended = self._ended, None
        try:
            async with asyncio.timeout(CLOSE_LIMIT):
                await ended
        except TimeoutError:
            self._warn(f"{self._file.path}: the disk does not answer: how the last acts ended is not recorded")

    async def asked(self, action: Action, invocation: Invocation) -> int | None:
        """As Audit.asked. Gives the number of the record; None for an act that changes nothing."""
        if not action.changes:
            return None
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[int] = loop.create_future()

        def settle(head: Head | None, error: Exception | None) -> None:
            if answer.done():
                return
            if head is not None:
                answer.set_result(head.number)
            else:
                answer.set_exception(self._refusal(_why(error)))

        self._put(Kind.ASKED, self._act(action, invocation), settle)
        try:
            async with asyncio.timeout(ANSWER_LIMIT):
                return await answer
        except TimeoutError:
            raise self._refusal("the disk does not answer") from None

    def refused(self, action: Action, invocation: Invocation, error: AtpError) -> None:
        """As Audit.refused."""
        if action.changes:
            self._put(Kind.REFUSED, {**self._act(action, invocation), "why": str(error)}, self._late)

    def ended(self, record: int | None, error: BaseException | None) -> None:
        """As Audit.ended."""
        if record is None:
            return
        how = {"outcome": "done"} if error is None else {"outcome": "failed", "why": str(error) or type(error).__name__}
        self._put(Kind.ENDED, {"of": record, **how}, self._late)

    def started(self, record: int | None, job: Job) -> None:
        """As Audit.started."""
        if record is None:
            return

        self._jobs[job.id] = record

        def over() -> None:
            self._jobs.pop(job.id, None)
            counts = Counter(str(result.outcome) for result in job.results.values())
            running = sorted(str(target) for target, result in job.results.items() if result.may_still_run)
            fields = {"of": record, "job": job.id, "counts": dict(counts)}
            fields |= {"gate_runs": job.gate_runs} if job.gate_runs else {}
            self._put(Kind.JOB_ENDED, fields | ({"may_still_run": running} if running else {}), self._late)

        job.when_done(over)

    def steered(self, act: JobAct, job: str, targets: Collection[TargetId]) -> None:
        """As Audit.steered."""
        record = self._jobs.get(job)
        of = {} if record is None else {"of": record}
        fields = {**self._by, "act": str(act), "job": job, "targets": [str(target) for target in targets]}
        self._put(Kind.JOB_STEERED, fields | of, self._late)

    def _act(self, action: Action, invocation: Invocation) -> dict[str, Any]:
        masked = sorted(name for name, value in invocation.arguments.items() if _is_delicate(name, str(value)))
        arguments = {name: value for name, value in invocation.arguments.items() if name not in masked}
        fields: dict[str, Any] = {
            **self._by,
            "act": action.name,
            "targets": [str(target) for target in invocation.targets],
            "arguments": arguments,
        }
        if invocation.delivery != NOTHING_MORE:
            fields["delivery"] = _delivered(invocation.delivery)
        fields |= {"masked": masked} if masked else {}
        return fields | ({"agreed": "--yes"} if invocation.beforehand else {})

    def _refusal(self, why: str) -> ActionFailed:
        return ActionFailed(told(Say.NO_AUDIT, file=str(self._file.path), why=why))

    def _late(self, head: Head | None, error: Exception | None) -> None:
        """A record for which nothing waits: what it tells of has happened already."""
        if error is not None and not self._warned:
            self._warned = True
            self._warn(
                f"{self._file.path} cannot be written ({_why(error)}): how acts end, and cancels, are not recorded"
            )

    def _put(self, kind: Kind, fields: dict[str, Any], settle: Written) -> None:
        if self._ended is None:
            self._loop = asyncio.get_running_loop()
            self._ended = self._loop.create_future()
            self._queue = queue.SimpleQueue()
            try:
                threading.Thread(target=self._run, args=(self._queue, self._ended), name="audit", daemon=True).start()
            except RuntimeError as error:
                self._ended = None
                settle(None, error)
                return
        self._queue.put(_Item(kind, fields, settle))

    # All methods from here on run on the thread.

    def _run(self, queue: queue.SimpleQueue[_Item | None], ended: asyncio.Future[None]) -> None:
        while (item := queue.get()) is not None:
            head: Head | None = None
            problem: Exception | None = None
            try:
                head = self._file.append([(item.kind, item.fields)])
                if self._to_syslog:
                    syslog.syslog(syslog.LOG_INFO, f"atp-tui audit: {head.file} {head.number} {head.hash}")
            except Exception as error:  # noqa: BLE001 - the thread goes on, and whoever waits is told
                _log.warning("the audit cannot be written", exc_info=error)
                problem = error
            self._post(item.settle, head, problem)
        self._post(_over, ended)

    def _post(self, function: Callable[..., object], *arguments: object) -> None:
        assert self._loop is not None
        with contextlib.suppress(RuntimeError):  # the loop is closed: the program did not wait for this disk
            self._loop.call_soon_threadsafe(function, *arguments)


def _delivered(delivery: Delivery) -> dict[str, Any]:
    """What went along with a command, without what may be secret: of a script its digest tells which it was. Its
    arguments stand in the command."""
    found = {
        "sudo": delivery.sudo,
        "chdir": delivery.chdir,
        "environment": list(delivery.names),
        "script": delivery.script,
        "sha256": delivery.digest,
        "stdin_bytes": delivery.input_size,
    }
    return {name: value for name, value in found.items() if value not in ("", [], None)}


def _is_delicate(name: str, value: str) -> bool:
    """Whether a value is better not kept. A command is taken as the history takes it; all else is a setting of a host,
    in which a password stands by a slip: see model.quoting."""
    if may_hold_a_secret(value):
        return True
    words = [] if name in ("command", "gate_run") else value.split()
    return any(redacted(each := word.partition("=")[2] or word) != each for word in words)


def _why(error: Exception | None) -> str:
    """Why a record could not be written, in a few words."""
    assert error is not None
    limit = exhausted(error)
    return str(limit) if limit is not None else reason(error)


def _over(ended: asyncio.Future[None]) -> None:
    if not ended.done():
        ended.set_result(None)
