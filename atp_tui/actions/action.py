"""What an action is, what it is given, and what it may use. Plain data but for the function that carries it out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ..model.credential import Credential, Secret
from ..model.data_class import dataclass
from ..model.delivery import NOTHING_MORE, Delivery
from ..model.errors import ActionFailed
from ..model.freeze import Freeze, Frozen
from ..model.host import HostInfo
from ..model.message import Message, told
from ..model.moving import NearFile
from ..model.say import Say
from ..model.target import TargetId

if TYPE_CHECKING:  # the command line's verbs are made from the registry, and --help loads nothing of weight
    from ..config.edits import Edit
    from ..config.fleet import FleetConfig
    from ..config.form import FormField
    from ..config.hosts_file import Written
    from ..config.imports.offer import ImportAsked, Offered
    from ..executor.job import Job
    from ..executor.runner import JobRunner
    from ..model.forward import Forward, ForwardSpec
    from ..model.outcome import ExitStatus
    from ..model.shell import Shell
    from ..transport.driver import NearShell
    from ..transport.manager import TransportManager

Value = str | int | float | bool
"""The value of an argument."""


class HostKeys(Protocol):
    """Where a person's decision about a host key goes."""

    async def trust(self, host: HostInfo, public_key: str, *, replace: bool = False) -> Path:
        """Store `ssh-ed25519 AAAA…` for a host, in place of the one on file where `replace`. Gives the file.

        Raises OSError, ConfigError, ConnectFailed.
        """
        ...


class Credentials(Protocol):
    """Where passwords go that a person types for libvirt; they are kept in memory alone."""

    def remember(self, host_id: str, uri: str, credential: Credential) -> None: ...
    def forget_all(self) -> None: ...


class Desk(Protocol):
    """Where SSH's logins ask a person; LoginDesk is one."""

    def attend(self, hosts: Collection[str]) -> None: ...
    def answer(self, number: int, secret: Secret, *, everywhere: bool = False) -> bool: ...
    def decline(self, number: int) -> None: ...
    def forget(self) -> None: ...


class NoDesk:
    """Nobody asks anything."""

    def attend(self, hosts: Collection[str]) -> None: ...

    def answer(self, number: int, secret: Secret, *, everywhere: bool = False) -> bool:
        return False

    def decline(self, number: int) -> None: ...
    def forget(self) -> None: ...


class Lock(Protocol):
    """What drops all that was typed, and locks the screen."""

    async def lock(self) -> None: ...


class NoLock:
    """There is no screen."""

    async def lock(self) -> None: ...


class HostsFile(Protocol):
    """The hosts.toml that the hosts come from. All of it raises ConfigError, and nothing is written then."""

    @property
    def freezes(self) -> Freezes:
        """What is frozen of its hosts."""
        ...

    @property
    def written(self) -> Written | None:
        """What was last made of it, if anything was."""
        ...

    async def known(self) -> FleetConfig:
        """What the file says now."""
        ...

    async def fields(self, host_ids: Sequence[str]) -> tuple[tuple[FormField, ...], ...]:
        """What may be filled in of each of these hosts; of a new one where the id is ""."""
        ...

    async def place_of(self, host_id: str) -> tuple[Path, int | None]:
        """The file in which a host stands and its line there, from 1; where a file is wrong, those of the first
        mistake. None: the line is not known."""
        ...

    async def offered(self, asked: ImportAsked) -> tuple[Offered, ...]:
        """What a source of hosts has to offer to the file."""
        ...

    async def import_edits(self, asked: ImportAsked, ids: Collection[str]) -> tuple[Edit, ...]:
        """The edits that take these hosts of a source over."""
        ...

    async def look(self, edits: Sequence[Edit], what: str) -> Written:
        """What `edit` would do; nothing is written."""
        ...

    async def edit(self, edits: Sequence[Edit], what: str) -> Written:
        """Write the file with these edits, on whatever is in it now; `what` is done, in words, for an undo."""
        ...

    async def undo(self) -> Written:
        """Take the last edit back. Refused where somebody else has changed the file since."""
        ...

    async def redo(self) -> Written:
        """Do again what was taken back last. Refused as `undo` is."""
        ...


class Freezes(Protocol):
    """What is frozen of the hosts of a hosts.toml."""

    @property
    def now(self) -> Frozen:
        """All that was read last, what is over included."""
        ...

    async def look(self) -> Frozen:
        """Read it anew. Raises nothing: what cannot be read is told in the answer."""
        ...

    async def change(self, change: Callable[[Frozen], tuple[Freeze, ...]]) -> None:
        """Write what `change` makes of what is there at that moment, on a thread of its own.

        Raises ConfigError where it cannot be written, and what `change` raises.
        """
        ...


class NearFiles(Protocol):
    """The files of this machine."""

    async def looked(self, paths: Sequence[str]) -> tuple[tuple[NearFile, ...], ...]:
        """What each absolute path means: itself, or what matches it as a pattern. Raises ActionFailed."""
        ...


class Forwards(Protocol):
    """What listens here and leads to hosts."""

    async def open(self, host_id: str, specs: Sequence[ForwardSpec]) -> tuple[Forward, ...]:
        """Open all of them or none. Raises ActionFailed, HostUnknown, Unsupported, TransportError, PoolError."""
        ...

    async def shut(self, number: int) -> None:
        """Close one. Raises ActionFailed."""
        ...


class Terminal(Protocol):
    """What a person sits at: the terminal of this program, or what stands in its place."""

    def asked(self, line: str) -> Shell:
        """The session that suits it, of a command line or, where that is "", of a login shell. Raises ActionFailed."""
        ...

    async def lend(
        self, host: str, asked: Shell, carried: Callable[[Shell, NearShell], Awaitable[ExitStatus | None]]
    ) -> None:
        """Have it be the session's until that ends. Raises ActionFailed where another one has it."""
        ...


Follow = Callable[["FleetConfig", Collection[str]], Awaitable[None]]
"""Brings the running fleet to what its file says now of the hosts with these ids, and touches no other."""


@dataclass(frozen=True, slots=True)
class Context:
    """What actions work with. `hosts_file` None: the hosts come from no file. `follow` None: no fleet is running.
    `fleet` is the path of hosts.toml, "" where there is none."""

    manager: TransportManager
    jobs: JobRunner
    host_keys: HostKeys
    credentials: Credentials
    hosts_file: HostsFile | None = None
    follow: Follow | None = None
    fleet: str = ""
    desk: Desk = field(default_factory=NoDesk)
    near: NearFiles | None = None
    forwards: Forwards | None = None
    terminal: Terminal | None = None
    lock: Lock = field(default_factory=NoLock)

    @property
    def file(self) -> HostsFile:
        """hosts.toml, to change it. Raises ActionFailed where the hosts come from no file."""
        if self.hosts_file is None:
            raise ActionFailed(told(Say.NO_HOSTS_FILE))
        return self.hosts_file


@dataclass(frozen=True, slots=True)
class Invocation:
    """An action that was asked for: by `who`, on which targets, with which arguments by name.

    `secret` is the one value that no log, audit or repr shows. `confirmed` is the number of targets that a person has
    agreed to, where one was asked; `beforehand`: nobody was, since --yes had been given. `delivery`
    is what goes along with a command.
    """

    action: str
    targets: tuple[TargetId, ...] = ()
    arguments: Mapping[str, Value] = field(default_factory=dict, hash=False)
    who: str = ""
    secret: Secret | None = None
    confirmed: int | None = None
    beforehand: bool = False
    delivery: Delivery = NOTHING_MORE

    def text(self, name: str) -> str:
        """The argument of that name without blanks around it; "" where it was not given."""
        return str(self.arguments.get(name, "")).strip()

    @property
    def hosts(self) -> tuple[str, ...]:
        """The ids of the hosts of all targets, each once."""
        return tuple(dict.fromkeys(target.host for target in self.targets))


class Subject(StrEnum):
    """What an action is done to."""

    HOSTS = "hosts"
    DOMAINS = "domains"
    NOTHING = "nothing"


class Danger(StrEnum):
    """What a mistake costs, which decides when the policy wants a person's word."""

    NUMBER = "number"
    """As much as it has targets: a person is asked where these are more than are in view."""
    TRUST = "trust"
    """It believes a host, or sends it a password: a person is asked always, with what it is about in view."""


@dataclass(frozen=True, slots=True)
class Argument:
    """One thing an action wants to know. `rest`: it takes what is left of a typed line, blanks included.

    `kind` is the type of its values. A value that nobody may see is no argument: it is the invocation's `secret`.
    """

    name: str
    help: str
    kind: type[Value] = str
    required: bool = True
    rest: bool = False


Run = Callable[["Context", "Invocation"], Awaitable["Job | None"]]
"""Carries an invocation out. Gives the job it has started, if it did; raises AtpError."""


@dataclass(frozen=True, slots=True)
class Action:
    """One thing a person may do. Keys, `:` command line, palette, help and headless verbs are made from it.

    `key` None: no key. `changes`: it writes to a host, to known_hosts or to hosts.toml, or may. `prompts`: on the
    screen a dialogue or the command pane gathers its arguments. `headless`: it is a verb of the command line, too.
    `of_file`: it is about what hosts.toml says of hosts, and so for those that are disabled, too.
    `lets_go`: by it the fleet may let hosts go, which cuts short what runs there.
    `of_freezes`: it is what freezes and thaws, and so no freeze holds it back.
    `single`: it is for one target at a time. `starts_job`: it gives a job, whose answers are its outcome; the screen
    shows one at a time. Such an action is no verb, as these say "done" of a host and show no answers: ValueError.
    """

    name: str
    title: str
    key: str | None
    help: str
    subject: Subject
    changes: bool
    run: Run
    danger: Danger = Danger.NUMBER
    arguments: tuple[Argument, ...] = ()
    prompts: bool = False
    headless: bool = False
    single: bool = False
    starts_job: bool = False
    of_file: bool = False
    lets_go: bool = False
    of_freezes: bool = False

    def __post_init__(self) -> None:
        if self.headless and self.starts_job:
            raise ValueError(f"{self.name} starts a job, and a verb made from the registry shows no answers")

    @property
    def needs_hosts(self) -> bool:
        """Whether it is done to hosts or their domains."""
        return self.subject is not Subject.NOTHING

    @property
    def changes_hosts(self) -> bool:
        """Whether it writes to its targets themselves, and not only to hosts.toml or known_hosts."""
        return self.changes and self.needs_hosts and not self.of_file and self.danger is not Danger.TRUST

    def check(self, invocation: Invocation) -> None:
        """Raise ActionFailed for missing targets, or for an argument that is missing, unknown or of another type."""
        if self.needs_hosts and not invocation.targets:
            raise ActionFailed(told(Say.NEEDS_HOSTS, action=self.name))
        if self.subject is Subject.HOSTS and any(target.domain is not None for target in invocation.targets):
            raise ActionFailed(told(Say.NOT_FOR_DOMAINS, action=self.name))
        if self.single and len(invocation.targets) != 1:
            raise ActionFailed(told(Say.ONE_HOST, action=self.name))
        known = {argument.name: argument for argument in self.arguments}
        for name, value in invocation.arguments.items():
            if name not in known:
                raise ActionFailed(told(Say.NO_SUCH_ARGUMENT, action=self.name, argument=name))
            wanted = known[name].kind
            if not isinstance(value, wanted) and not (wanted is float and type(value) is int):
                raise ActionFailed(told(Say.WRONG_TYPE, action=self.name, argument=name, wanted=wanted.__name__))
        for argument in self.arguments:
            if argument.required and not invocation.text(argument.name):
                raise ActionFailed(told(Say.NEEDS_ARGUMENT, action=self.name, help=argument.help))

    def typed(self, text: str) -> dict[str, Value]:
        """The arguments that a typed line gives, in their order. Raises ActionFailed for words too many."""
        found: dict[str, Value] = {}
        rest = text.strip()
        for argument in self.arguments:
            if not rest:
                break
            word, _, rest = (rest, "", "") if argument.rest else rest.partition(" ")
            found[argument.name] = _value(argument, word)
            rest = rest.strip()
        if rest:
            raise ActionFailed(_too_much(self, rest))
        return found


def _value(argument: Argument, word: str) -> Value:
    try:
        return word if argument.kind is str else argument.kind(word)
    except ValueError:
        wanted = argument.kind.__name__
        raise ActionFailed(told(Say.NOT_OF_TYPE, argument=argument.name, wanted=wanted, given=word)) from None


def _too_much(action: Action, rest: str) -> Message:
    match len(action.arguments):
        case 0:
            return told(Say.TAKES_NO_WORDS, action=action.name, rest=rest)
        case 1:
            return told(Say.TAKES_ONE_WORD, action=action.name, rest=rest)
        case number:
            return told(Say.TAKES_WORDS, action=action.name, rest=rest, number=number)
