"""Why a connection is down, as a type: each class of cause has an id, a short form, and what helps against it.

The sentence of an error says what a person needs to know of this one host. What is in here is the same for all hosts
that fail for the same reason, so that a line of a table has room for it and programs can tell the classes apart.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from .data_class import dataclass

LONGEST_SHORT = 24
"""Terminal cells that a short form takes at most: what a line of the host tree always has beside the host's id."""


class Remedy(StrEnum):
    """What brings a connection back that is down and not tried again by itself."""

    RETRY = "retry"
    """To try again may be enough."""
    TRUST_KEY = "trust key"
    """A person has to look at the host key that was shown, and trust it."""
    LOG_IN = "log in"
    """A person has to type a name and a password."""
    MEND = "mend"
    """Something has to be changed here or there first: to try again before that gives the same."""


class Cause(StrEnum):
    """The classes of causes. The value is the id, and the short form in English; `{}` in it stands for a detail:
    seconds, or a driver."""

    PORT_REFUSED = "port refused"
    NO_ROUTE = "no route"
    NO_ANSWER = "no answer {}"
    ENDED_EARLY = "ended while opening"
    NO_SUCH_NAME = "no such name"
    LOOKUP_FAILED = "name lookup failed"
    WRONG_FAMILY = "no address of family"
    SYSTEM = "system error"
    THIS_MACHINE = "limit of this machine"

    NO_BANNER = "no SSH banner {}"
    NO_SSH_SERVER = "no SSH server there"
    NO_COMMON_ALGORITHM = "no common algorithm"
    LOGIN_REFUSED = "login refused"
    TOO_MANY_KEYS = "too many keys offered"
    JUMP_FAILED = "no way from jump host"
    BAD_JUMP = "unusable jump host"
    BEFORE_FAILED = "command before failed"
    PROXY_FAILED = "ProxyCommand failed"
    PROXY_SILENT = "no SSH via proxy {}"
    SSH_CONFIG = "ssh_config unusable"
    KEY_UNKNOWN = "key unknown"
    KEY_CHANGED = "key CHANGED"
    KEY_REVOKED = "key REVOKED"

    NO_DRIVER = "no {} driver"
    NO_BINDING = "no libvirt binding"
    NO_SOCKET = "no libvirt socket"
    NO_PERMISSION = "no permission"
    LIBVIRT_SILENT = "says nothing {}"
    LIBVIRT_ERROR = "libvirt error"
    NOT_LIBVIRT = "no libvirtd there"
    WANTS_PASSWORD = "wants a password"
    PASSWORD_REFUSED = "password refused"
    PASSWORD_EXPIRED = "password expired"
    WANTS_PASSPHRASE = "wants a passphrase"
    NO_TLS = "no TLS there"
    CERTIFICATE_EXPIRED = "certificate expired"
    CERTIFICATE_UNTRUSTED = "certificate not trusted"
    OUR_CERTIFICATE = "our certificate refused"
    BAD_FILE = "file cannot be used"
    BAD_URI = "URI cannot be used"

    LOST = "connection lost"
    ENDED_BY_HOST = "ended by the host"
    SILENT = "silent {}"
    FLOODS = "floods us"
    SLOW_CALL = "call without answer {}"
    NO_FREE_CONNECTION = "no free connection"
    NO_SESSION = "no session left"
    UNSUPPORTED = "not possible there"
    FAILED = "cannot connect"

    @property
    def remedy(self) -> Remedy | None:
        """The remedy that is this class's own; None where it depends on whether trying again may help."""
        return _REMEDIES.get(self)


_REMEDIES = {
    Cause.KEY_UNKNOWN: Remedy.TRUST_KEY,
    Cause.KEY_CHANGED: Remedy.TRUST_KEY,
    Cause.WANTS_PASSWORD: Remedy.LOG_IN,
    Cause.PASSWORD_REFUSED: Remedy.LOG_IN,
    Cause.WANTS_PASSPHRASE: Remedy.LOG_IN,
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """What keeps a connection down, for a line of a table: a catalogue makes the short form of `cause` and `detail`.

    `channel` is the one that failed, which for a libvirt connection over SSH may be the SSH connection below it; None:
    not known.
    """

    cause: Cause
    detail: str
    remedy: Remedy
    channel: Literal["virt", "ssh"] | None = None


def fitted(form: str, detail: str) -> str:
    """A short form with its detail, in at most LONGEST_SHORT characters: a long detail is cut."""
    room = LONGEST_SHORT - len(form.replace("{}", ""))
    return " ".join(form.replace("{}", detail[:room]).split())


def seconds(limit: float) -> str:
    """A time limit as the detail of a cause: `5 s`, `0.25 s`."""
    return f"{limit:.2g} s" if limit < 10 else f"{limit:.0f} s"
