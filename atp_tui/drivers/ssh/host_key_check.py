"""The check of one connection's host key: asked by asyncssh while keys are exchanged, and what is said of a refusal."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import field, replace

from asyncssh import HostKeyNotVerifiable, KeyImportError, SSHKey

from ...model.causes import Cause
from ...model.data_class import dataclass
from ...model.errors import ConnectFailed, HostKeyRejected, HostKeyRevoked, TransportError
from ...model.message import Message, text, told
from ...model.say import Say
from ...model.settings import HostKeyPolicy
from . import verdict
from .endpoint import Endpoint
from .key_blobs import kind_of
from .key_lookup import FiledKey, FiledKeys
from .known_hosts import Marker, can_be_filed, filed_name
from .revoked_keys import RevokedKeys
from .verdict import Standing, Verdict
from .wildcards import small


@dataclass(slots=True)
class HostKeyCheck:
    """One connection's check: what is on file, what the host has shown, and what that comes to.

    `offered` gives the host key algorithms that the host was offered, `agreed` the one that both sides then have; an
    empty one is not known.
    """

    endpoint: Endpoint
    filed: FiledKeys
    revoked: Sequence[tuple[str, RevokedKeys]] = ()
    verdict: Verdict | None = None
    offered: Callable[[], Collection[bytes]] | None = None
    agreed: Callable[[], str] = lambda: ""
    trouble: Message | None = None
    _good: bytes | None = field(default=None, repr=False)

    def validate(self, key_data: bytes) -> SSHKey:
        """The key that a host shows. asyncssh asks for each exchange of keys, and then has it check the signature.

        One that is not good is refused there, once the host has proved to hold it: a bit that was spoilt on the way
        makes another key of the right one, and such a host has not changed its key. Raises HostKeyNotVerifiable.
        """
        agreed = self.agreed()
        if agreed and kind_of(key_data) != verdict.kind_of_algorithm(agreed):
            self.verdict = None
            self.trouble = told(Say.ANOTHER_KIND_OF_KEY, agreed=agreed)
            raise HostKeyNotVerifiable(str(self.trouble))
        refusal: HostKeyNotVerifiable | None = None
        try:
            key = self._good_key(key_data)
        except HostKeyNotVerifiable as error:
            if self.verdict is None:
                raise
            key, refusal = self.verdict.key, error
        bound = verdict.bound_to(key, agreed) if agreed else key
        return bound if refusal is None else verdict.refused_when_proved(bound, refusal)

    def _good_key(self, key_data: bytes) -> SSHKey:
        if self._good == key_data and self.verdict is not None:
            return self.verdict.key
        self.verdict = None
        try:
            found = self.verdict = self._judge(key_data)
        except (KeyImportError, ValueError) as error:
            self.trouble = told(Say.HOST_KEY_UNREADABLE, why=str(error))
            raise HostKeyNotVerifiable(str(self.trouble)) from error
        if found.standing is not Standing.KNOWN and not (found.standing is Standing.NEW and self._takes_new):
            raise HostKeyNotVerifiable(found.standing.name.lower())
        if found.standing is Standing.NEW:  # from now on it is the host's: another one in a later exchange has changed
            taken = FiledKey(Marker.NONE, found.key.public_data, "this connection")
            self.filed = replace(self.filed, exact=(*self.filed.exact, taken))
        self._good = key_data
        return found.key

    def _judge(self, key_data: bytes) -> Verdict:
        found = verdict.judge(key_data, self._proved_name, self.filed, self.revoked, rules=self.endpoint.key_rules)
        if found.fell_back and self.offered is not None:
            offered = self.offered()
            # as OpenSSH: where HostKeyAlgorithms names certificates alone, no plain key is taken
            if not any(algorithm in offered for algorithm in found.key.sig_algorithms):
                return replace(found, standing=Standing.UNUSABLE)
        return found

    def algorithms(self, defaults: Sequence[bytes], certificates: Sequence[bytes]) -> list[str]:
        """As verdict.algorithms, for what is on file."""
        return verdict.algorithms(self.filed, defaults, certificates, revokes=bool(self.revoked))

    @property
    def accepted_new(self) -> SSHKey | None:
        """The key to store once the host has proved to hold it."""
        found = self.verdict
        return found.key if found and found.standing is Standing.NEW and self._takes_new else None

    def has_changed(self, filed: FiledKeys) -> None:
        """Another key was stored for the name since the files were read, or this one revoked: it is judged by that."""
        assert self._good is not None
        self.filed = filed
        self.verdict = self._judge(self._good)

    @property
    def name(self) -> str:
        """The name that the host's keys are filed under."""
        return filed_name(self.endpoint.key_name, self.endpoint.port, alias=self.endpoint.key_alias)

    @property
    def _proved_name(self) -> str:
        endpoint = self.endpoint
        return endpoint.key_name if endpoint.key_alias else small(endpoint.key_name)

    @property
    def _takes_new(self) -> bool:
        # as OpenSSH where no file is to keep it; and a file that could not be read may have another key for the host
        return (
            self.endpoint.policy is HostKeyPolicy.ACCEPT_NEW
            and bool(self.endpoint.known_hosts)
            and not self.filed.unreadable
            and can_be_filed(self.endpoint.key_name)
        )

    def rejection(self, reason: str) -> TransportError:
        """The error for a key that was refused; `reason` is asyncssh's, where `validate` was not asked."""
        found = self.verdict
        if found is None:
            message = told(Say.ABOUT, subject=self.name, message=self.trouble or text(reason))
            if self.trouble is not None:  # no host that works shows such a key: it was spoilt on the way
                return ConnectFailed(message, kind=Cause.FAILED)
            return ConnectFailed(message, permanent=True, kind=Cause.NO_COMMON_ALGORITHM)
        fingerprint, kind = found.key.get_fingerprint(), found.key.get_algorithm()
        name, key, why = self.name, f"{kind} {fingerprint}", found.why or text("")
        if found.standing is Standing.UNUSABLE:
            return ConnectFailed(
                told(Say.KEY_UNUSABLE, name=name, key=key, why=why), permanent=True, kind=Cause.NO_COMMON_ALGORITHM
            )
        if found.standing is Standing.REVOKED:
            message = told(Say.KEY_REVOKED, name=name, key=key, why=why)
            return HostKeyRevoked(message, known=True, fingerprint=fingerprint, name=self.name)
        if found.standing is Standing.NEW and self.filed.unreadable:
            return ConnectFailed(
                told(Say.ABOUT, subject=name, message=text("; ".join(self.filed.unreadable))),
                permanent=True,
                kind=Cause.BAD_FILE,
            )
        files = ", ".join(map(str, self.endpoint.known_hosts)) or told(Say.ANY_FILE)
        changed = found.standing is Standing.CHANGED
        message = told(Say.KEY_CHANGED if changed else Say.KEY_UNKNOWN, name=name, key=key, files=files)
        if found.why is not None:
            message = told(Say.AND, message=message, more=found.why)
        return HostKeyRejected(
            message,
            known=changed,
            fingerprint=fingerprint,
            public_key=public_line(found.key) if can_be_filed(self.endpoint.key_name) else "",
            on_file=verdict.described(self.filed.exact) if changed else (),
            name=self.name,
        )


def public_line(key: SSHKey) -> str:
    """`ssh-ed25519 AAAA…`, without a comment: a host could write anything into one."""
    return " ".join(key.export_public_key("openssh").decode("ascii", "replace").split()[:2])
