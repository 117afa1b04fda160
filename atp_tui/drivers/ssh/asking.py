"""How the sshds on the way to a host ask a person, and what their refusals say of it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from hashlib import sha256

from ...model.causes import Cause
from ...model.errors import AuthFailed, TransportError
from ...model.questions import Wants
from ...model.settings import BY_JUMP
from ...model.spans import span
from ...transport.driver import OpenRequest
from ...transport.login_desk import KEEP, Asks
from .answering import Answering
from .endpoint import Endpoint
from .stages import where_of


def asks_of(request: OpenRequest, path: Sequence[Endpoint], number: int) -> Asks:
    """How the sshd with that number on the path asks a person."""
    endpoint, settings = path[number], request.host.ssh_settings
    realm, realm_place = settings.realm or "", ""
    if realm == BY_JUMP:
        realm = "behind " + ",".join(map(where_of, path[:-1])) if len(path) > 1 else ""
        realm_place = f"behind {_place(path[:-1])}"
    return Asks(
        request.host.id,
        endpoint.user,
        where_of(endpoint),
        hop=number < len(path) - 1,
        realm=realm,
        keep=span("ssh.forget_after", settings.forget_after) if settings.forget_after else KEEP,
        unhurried=lambda: request.progress.unhurried(),
        place=_place(path[: number + 1]),
        realm_place=realm_place,
    )


def _place(way: Sequence[Endpoint]) -> str:
    """What tells the last sshd of a way from every other one: one address is another machine behind another jump host,
    by another program or interface, and where its key is filed under another name."""
    return ",".join(
        where_of(each)
        + (f" as {each.key_name}" if each.key_alias else "")
        + "".join(f" from {name}" for name in (each.bind_interface, each.bind_address) if name)
        # a hash, since what stands in a command could be a password
        + (f" by {sha256(os.fsencode(each.proxy_command)).hexdigest()}" if each.proxy_command else "")
        for each in way
    )


def with_wants(error: TransportError, answering: Answering) -> TransportError:
    """A refused login says what a person could have answered."""
    if isinstance(error, AuthFailed):
        if Wants.PASSPHRASE in answering.wanted:
            error.kind = Cause.WANTS_PASSPHRASE
        elif answering.has_expired:
            error.kind = Cause.PASSWORD_EXPIRED
        elif answering.refused:
            error.kind = Cause.PASSWORD_REFUSED
        elif answering.wanted and error.kind is Cause.LOGIN_REFUSED:
            error.kind = Cause.WANTS_PASSWORD
    return error
