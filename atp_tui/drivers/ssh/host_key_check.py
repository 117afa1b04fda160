"""The check of one connection's host key: asked by asyncssh while keys are exchanged, and what is said of a refusal."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace

from asyncssh import HostKeyNotVerifiable, KeyImportError, SSHKey

from ...model.causes import Cause
from ...model.errors import ConnectFailed, HostKeyRejected, HostKeyRevoked, TransportError
from ...model.settings import HostKeyPolicy
from . import verdict
from .endpoint import Endpoint
from .key_blobs import kind_of
from .key_lookup import FiledKeys
from .known_hosts import can_be_filed, filed_name
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
    _good: bytes | None = field(default=None, repr=False)

    def validate(self, key_data: bytes) -> SSHKey:
        """The key that a host shows, where it is good. asyncssh asks for each exchange of keys.

        Raises HostKeyNotVerifiable.
        """
        agreed = self.agreed()
        if agreed and kind_of(key_data) != verdict.kind_of_algorithm(agreed):
            self.verdict = None
            raise HostKeyNotVerifiable(f"it shows another kind of host key than the one agreed on ({agreed})")
        key = self._good_key(key_data)
        return verdict.bound_to(key, agreed) if agreed else key

    def _good_key(self, key_data: bytes) -> SSHKey:
        if self._good == key_data and self.verdict is not None:
            return self.verdict.key
        try:
            found = self.verdict = self._judge(key_data)
        except (KeyImportError, ValueError) as error:
            raise HostKeyNotVerifiable(f"it shows a host key that cannot be read ({error})") from error
        if found.standing is not Standing.KNOWN and not (found.standing is Standing.NEW and self._takes_new):
            raise HostKeyNotVerifiable(found.standing.name.lower())
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
        """Another key was stored for the name since the files were read: the one that was shown is a changed one."""
        assert self.verdict is not None
        self.filed, self.verdict = filed, replace(self.verdict, standing=Standing.CHANGED)

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
        """The error for a key that was refused; `reason` is that of `validate`."""
        found = self.verdict
        if found is None:
            return ConnectFailed(f"{self.name}: {reason}", permanent=True, kind=Cause.NO_COMMON_ALGORITHM)
        fingerprint, kind = found.key.get_fingerprint(), found.key.get_algorithm()
        shows = f"{self.name} shows {kind} {fingerprint}"
        if found.standing is Standing.UNUSABLE:
            return ConnectFailed(f"{shows}: {found.why}", permanent=True, kind=Cause.NO_COMMON_ALGORITHM)
        if found.standing is Standing.REVOKED:
            words = f"host key REVOKED: {shows}, which is {found.why}: a stolen key may be used in this host's name"
            return HostKeyRevoked(words, known=True, fingerprint=fingerprint, name=self.name)
        if found.standing is Standing.NEW and self.filed.unreadable:
            return ConnectFailed(
                f"{self.name}: {'; '.join(self.filed.unreadable)}", permanent=True, kind=Cause.BAD_FILE
            )
        files = ", ".join(map(str, self.endpoint.known_hosts)) or "any file, since ssh_config names none"
        changed = found.standing is Standing.CHANGED
        why = f"; {found.why}" if found.why else ""
        message = (
            f"host key CHANGED: {shows}, which is not the one in {files}{why}"
            if changed
            else f"host key not known: {shows}, which is not in {files}{why}"
        )
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
