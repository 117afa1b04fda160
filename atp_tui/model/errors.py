"""Every error the program raises on purpose. Each carries its host and is raised `from` the library's own error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Literal

from .causes import Cause, Remedy, Trouble
from .message import Message, text


class AtpError(Exception):
    """Root of all errors raised on purpose.

    What went wrong is a message that a surface puts into words, or words where it has no id. `host` is the id of the
    host concerned, or None where no single host is.
    """

    def __init__(self, message: Message | str, *, host: str | None = None) -> None:
        super().__init__(message)
        self.host = host

    @property
    def reason(self) -> Message:
        """What went wrong."""
        said = self.args[0] if self.args else type(self).__name__
        return said if isinstance(said, Message) else text(str(said))

    @property
    def message(self) -> str:
        """What went wrong, in one line of English; remote text in it is not yet made safe for a terminal."""
        return str(self.reason)


class ConfigError(AtpError):
    """A setting, URI or file that cannot be used: names the file, the line, the key and what would be right.

    `column` is the place of the mistake in a text of one line (targets, a filter), counted from 1.
    """

    def __init__(
        self,
        message: str,
        *,
        key: str | None = None,
        file: Path | None = None,
        line: int | None = None,
        hint: str | None = None,
        host: str | None = None,
        column: int | None = None,
    ) -> None:
        super().__init__(message, host=host)
        self.key = key
        self.file = file
        self.line = line
        self.hint = hint
        self.column = column

    @property
    def where(self) -> str:
        """`file:line: key: `, to stand before the sentence, leaving out what is not known."""
        where = f"{self.file}:{self.line}: " if self.file and self.line else f"{self.file}: " if self.file else ""
        return where + (f"{self.key}: " if self.key else "")

    @property
    def sentence(self) -> str:
        """`what is wrong (column 7); what would be right`: the first column needs no finding and is not told."""
        place = f" (column {self.column})" if self.column is not None and self.column > 1 else ""
        return f"{self.message}{place}" + (f"; {self.hint}" if self.hint else "")

    def __str__(self) -> str:
        """`file:line: key: what is wrong; what would be right`, leaving out what is not known."""
        return f"{self.where}{self.sentence}"


class ConfigErrors(ConfigError):
    """All that is wrong with one file, in the order of its lines; stands for the first where one is asked for."""

    def __init__(self, errors: Sequence[ConfigError]) -> None:
        first = errors[0]
        super().__init__(
            first.message, key=first.key, file=first.file, line=first.line, hint=first.hint, host=first.host
        )
        self.errors = tuple(errors)

    def __reduce__(self) -> tuple[type[ConfigErrors], tuple[tuple[ConfigError, ...]]]:
        return type(self), (self.errors,)  # and not what an exception does by itself: its first argument is no message

    def __str__(self) -> str:
        """One line for each error."""
        return "\n".join(map(str, self.errors))


class HostUnknown(AtpError):
    """A host id that is in no configuration and was never added."""


class TransportError(AtpError):
    """A connection could not be made, was lost, or a call over it failed at the transport.

    `permanent` means that trying again changes nothing until a person acts: no automatic retry follows.
    `kind` is the class of the cause, KIND where nothing more exact is said; `detail` goes into its short form.
    `channel` is the one that failed: set where the attempt or the connection is known.
    """

    KIND: ClassVar[Cause] = Cause.FAILED
    permanent = False
    channel: Literal["virt", "ssh"] | None = None

    def __init__(
        self, message: Message | str, *, host: str | None = None, kind: Cause | None = None, detail: str = ""
    ) -> None:
        super().__init__(message, host=host)
        self.kind = self.KIND if kind is None else kind
        self.detail = detail

    @property
    def trouble(self) -> Trouble:
        """The class of the cause, and what helps."""
        remedy = self.kind.remedy or (Remedy.MEND if self.permanent else Remedy.RETRY)
        return Trouble(self.kind, self.detail, remedy, self.channel)


class ConnectFailed(TransportError):
    """The other side refused, or could not be found, or something needed here is missing (then `permanent`)."""

    def __init__(
        self,
        message: Message | str,
        *,
        host: str | None = None,
        permanent: bool = False,
        kind: Cause | None = None,
        detail: str = "",
    ) -> None:
        super().__init__(message, host=host, kind=kind, detail=detail)
        self.permanent = permanent


class AuthFailed(TransportError):
    """The other side refused who we are. Never retried by itself: OpenSSH 9.8 and later punish repeated failures."""

    KIND = Cause.LOGIN_REFUSED
    permanent = True


class CredentialWanted(AuthFailed):
    """The other side asks for a name and a password: there is none at hand (`refused` False), or it took them not.

    `name` is who asks, `user` the user name that is known already, or empty.
    """

    def __init__(
        self, message: Message | str, *, host: str | None = None, name: str = "", user: str = "", refused: bool = False
    ) -> None:
        super().__init__(message, host=host, kind=Cause.PASSWORD_REFUSED if refused else Cause.WANTS_PASSWORD)
        self.name = name
        self.user = user
        self.refused = refused


class HostKeyRejected(TransportError):
    """The SSH host key is unknown, has changed, or is revoked (HostKeyRevoked).

    `known` tells which: False for a key never seen, True for one that differs from the key on file.
    `name` is who has shown it, as known_hosts writes it: the host, or a jump host on the way to it.
    `fingerprint` is OpenSSH's form (`SHA256:…`), `public_key` the line to store (`ssh-ed25519 AAAA…`). `on_file` are
    the keys that the files have for the host instead, each as its type and fingerprint (`ssh-ed25519 SHA256:…`).
    Without another `kind`, a key that nobody can be shown (no fingerprint) is taken for a revoked one.
    """

    KIND = Cause.KEY_UNKNOWN
    permanent = True

    def __init__(
        self,
        message: Message | str,
        *,
        host: str | None = None,
        known: bool = False,
        fingerprint: str = "",
        public_key: str = "",
        on_file: tuple[str, ...] = (),
        name: str = "",
        kind: Cause | None = None,
    ) -> None:
        found = Cause.KEY_UNKNOWN if not known else Cause.KEY_CHANGED if fingerprint else Cause.KEY_REVOKED
        super().__init__(message, host=host, kind=kind or (found if self.KIND is Cause.KEY_UNKNOWN else self.KIND))
        self.known = known
        self.fingerprint = fingerprint
        self.public_key = public_key
        self.on_file = on_file
        self.name = name


class HostKeyRevoked(HostKeyRejected):
    """The SSH host key is revoked. It is nobody's to trust: `public_key` is empty."""

    KIND = Cause.KEY_REVOKED


class ConnectionLost(TransportError):
    """An open connection ended under us."""

    KIND = Cause.LOST


class ConnectTimeout(TransportError):
    """One attempt to open took longer than connect_timeout."""

    KIND = Cause.NO_ANSWER


class CallTimeout(TransportError):
    """One call took longer than its deadline. The connection itself may be well."""

    KIND = Cause.SLOW_CALL


class Unsupported(TransportError):
    """This kind of connection cannot do that: a libvirt call on an SSH-only host, a command on a libvirt connection."""

    KIND = Cause.UNSUPPORTED
    permanent = True


class NoPlace(TransportError):
    """The peer has no session left for what can do without. The connection is well."""

    KIND = Cause.NO_SESSION


class PoolError(AtpError):
    """No connection could be had from a host's pool."""


class PoolClosed(PoolError):
    """The pool is draining or closed; the host was removed or the program ends."""


class CheckoutTimeout(PoolError):
    """No connection became free in time. `asked`: within the caller's own limit; else within checkout_timeout."""

    def __init__(self, message: Message | str, *, host: str | None = None, asked: bool = False) -> None:
        super().__init__(message, host=host)
        self.asked = asked


class TooManyWaiters(PoolError):
    """max_waiters callers wait already; failing at once is kinder than a longer queue."""


class CallFailed(AtpError):
    """The other side answered, and the answer is an error: a libvirt error about a domain, say. The connection is well.

    `code` is libvirt's VIR_ERR_* number where the answer came from libvirt, else None.
    """

    def __init__(self, message: Message | str, *, host: str | None = None, code: int | None = None) -> None:
        super().__init__(message, host=host)
        self.code = code


class DomainNotFound(AtpError):
    """No domain of that name or UUID on the host."""


class FileFailed(AtpError):
    """A file could not be sent or fetched; the reason's id says why. The connection is well."""


class SudoFailed(AtpError):
    """A command was to run as another user, and did not begin; the reason's id says why. The connection is well."""


class SudoRefused(SudoFailed):
    """sudo does not let that user do it, or not without a password that nobody typed, or not with the one it got."""


class ActionFailed(AtpError):
    """An action ran and did not reach its end."""


class FailedOnHosts(ActionFailed):
    """An action on several hosts failed on some; `errors` has the error of each, by its id. `host` is the first."""

    def __init__(self, message: Message | str, errors: Mapping[str, AtpError]) -> None:
        super().__init__(message, host=next(iter(errors)))
        self.errors = dict(errors)

    def __reduce__(self) -> tuple[type[FailedOnHosts], tuple[Message, dict[str, AtpError]]]:
        return type(self), (self.reason, self.errors)


class ReadOnly(AtpError):
    """The program or the host is read-only, and the action would change something."""


class ConfirmationWanted(AtpError):
    """The action is for so many targets that a person has to confirm their number first."""
