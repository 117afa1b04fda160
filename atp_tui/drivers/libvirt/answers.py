"""What libvirt is answered when a host wants a name and a password: what a person has typed, or what auth.conf has.

libvirt calls back on the thread that opens, whose time limit runs. So nobody is waited for there: an attempt without a
password fails with CredentialWanted, a person is asked by whoever shows that, and the next attempt finds the answer.
"""

from __future__ import annotations

from enum import IntEnum
from pathlib import Path
from typing import Any

from ...model import libvirt
from ...model.credential import Credential
from ...model.errors import AuthFailed, ConfigError, CredentialWanted, TransportError
from ...model.host import ConnectionUri
from ...model.message import Message, text, told
from ...model.say import Say
from . import auth_conf
from .binding import Binding
from .failures import connect_failure, peer_of


class _Kind(IntEnum):
    """virConnectCredentialType, as far as libvirt may ask for it. The prompts have no answer here; they are in the list
    so that it can say what a host wants."""

    NAME = libvirt.VIR_CRED_AUTHNAME
    PASSWORD = libvirt.VIR_CRED_PASSPHRASE
    ECHOED = libvirt.VIR_CRED_ECHOPROMPT
    HIDDEN = libvirt.VIR_CRED_NOECHOPROMPT
    REALM = libvirt.VIR_CRED_REALM


class Answers:
    """One opening's answers, and the words where they were missing or refused.

    `auth_file` is what the environment names, and counts before the URI's `?authfile=`. What was typed counts before
    any file: it comes from a person who has seen that the file did not do.
    """

    def __init__(self, uri: ConnectionUri, auth_file: str | None, typed: Credential | None) -> None:
        self._host = uri.host or "localhost"
        self._transport = uri.transport
        self._driver = uri.driver
        self._user = uri.user if uri.transport in ("tcp", "tls") else None  # that of +ssh is sshd's
        self._named = auth_file or uri.query.get("authfile")
        self._typed = typed
        self._file: Path | None = None
        self._trouble: Exception | None = None
        self._missing = False
        self._given = False
        self._prompt: str | None = None

    # -- on the thread that opens --------------------------------------------------------------------------------------

    def open(self, binding: Binding, uri: str, read_only: bool) -> Any:
        """libvirt's open with these answers. Raises libvirtError."""
        alone = f"{uri}{'&' if '?' in uri else '?'}authfile={binding.no_auth_file}"
        return binding.libvirt.openAuth(
            alone, [[int(kind) for kind in _Kind], self._answer, None], libvirt.VIR_CONNECT_RO if read_only else 0
        )

    def _answer(self, asked: list[list[Any]], _context: None) -> int:
        """libvirt's callback: each question is [type, prompt, challenge, default, answer]. -1 refuses."""
        try:
            return 0 if self._fill(asked) else -1
        except Exception as error:  # noqa: BLE001 - the binding would print it over the screen; `failure` says it
            self._trouble = error
            self._missing = True
            return -1

    def _fill(self, asked: list[list[Any]]) -> bool:
        known = self._known()
        self._user = known.name or self._user
        for question in asked:
            match question[0]:
                case _Kind.NAME:
                    question[4] = self._user
                case _Kind.PASSWORD:
                    question[4] = known.password.reveal() if known.password is not None else None
                case _Kind.REALM:
                    question[4] = known.realm or question[3] or ""
                case _:
                    self._prompt = " ".join(str(question[1]).split())
                    return False
            self._missing = self._missing or question[4] is None
        self._given = not self._missing
        return self._given

    def _known(self) -> auth_conf.Entry:
        if self._typed is not None:
            return auth_conf.Entry(self._typed.name, self._typed.password)
        self._file = auth_conf.find(self._named)
        return auth_conf.Entry() if self._file is None else auth_conf.read(self._file, self._host)

    def failure(self, error: Any, peer: str | None, host: str) -> TransportError:
        """What libvirt's open failed of, with what a person can do about it; `peer` as for connect_failure."""
        failure = connect_failure(error, peer, host, self._driver)
        if not isinstance(failure, AuthFailed):
            return failure
        peer, code = peer_of(error, peer), error.get_error_code()
        if self._prompt is not None:
            return AuthFailed(told(Say.ASKS_SOMETHING, peer=peer, prompt=self._prompt), host=host)
        if code == libvirt.VIR_ERR_AUTH_FAILED and (self._missing or self._given):
            reason = self._refusal(peer) if self._given else self._want(peer)
            return CredentialWanted(reason, host=host, name=peer, user=self._user or "", refused=self._given)
        hint = self._hint(code, str(error))
        reason = failure.reason if hint is None else told(Say.AND, message=failure.reason, more=told(hint))
        return AuthFailed(reason, host=host)

    def _want(self, peer: str) -> Message:
        file = str(self._file)
        if isinstance(self._trouble, OSError):
            why = told(Say.FILE_UNREADABLE, file=file, why=self._trouble.strerror or "")
        elif isinstance(self._trouble, ConfigError):
            why = text(str(self._trouble))
        elif self._trouble is not None:
            why = told(Say.FILE_UNREADABLE, file=file, why=type(self._trouble).__name__)
        elif self._file is None:
            why = told(Say.NO_AUTH_CONF)
        else:
            why = told(Say.NOT_IN_AUTH_CONF, file=file, host=self._host)
        if not self._user:
            return told(Say.WANTS_PASSWORD, peer=peer, why=why, remedy=self._remedy())
        return told(Say.WANTS_PASSWORD_OF, peer=peer, user=self._user, why=why, remedy=self._remedy())

    def _refusal(self, peer: str) -> Message:
        user, remedy = str(self._user), self._remedy()
        if self._typed is not None:
            return told(Say.TYPED_PASSWORD_REFUSED, peer=peer, user=user, remedy=remedy)
        return told(Say.FILED_PASSWORD_REFUSED, peer=peer, user=user, file=str(self._file), remedy=remedy)

    def _remedy(self) -> Message:
        file = self._file if self._named else auth_conf.own_file()
        return told(Say.WRITE_OR_TYPE_IT, file=str(file))

    def _hint(self, code: int, words: str) -> Say | None:
        if code == libvirt.VIR_ERR_AUTH_UNAVAILABLE:  # policy kit would ask a person, and cannot
            return Say.ASK_POLKIT
        if "No worthy mechs" in words:  # SASL's own words, which have no number
            return Say.NO_MECHANISM
        if code == libvirt.VIR_ERR_AUTH_FAILED and self._transport == "tcp":
            return Say.ASKED_FOR_NOTHING
        return None
