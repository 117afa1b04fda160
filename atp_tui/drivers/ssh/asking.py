"""How the sshds on the way to a host ask a person, and what their refusals say of it."""

from __future__ import annotations

from collections.abc import Sequence

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
    realm = settings.realm or ""
    if realm == BY_JUMP:
        realm = "behind " + ",".join(map(where_of, path[:-1])) if len(path) > 1 else ""
    return Asks(
        request.host.id,
        endpoint.user,
        where_of(endpoint),
        hop=number < len(path) - 1,
        realm=realm,
        keep=span("ssh.forget_after", settings.forget_after) if settings.forget_after else KEEP,
        unhurried=lambda: request.progress.unhurried(),
    )


def with_wants(error: TransportError, answering: Answering) -> TransportError:
    """A refused login says what a person could have answered."""
    if isinstance(error, AuthFailed):
        if Wants.PASSPHRASE in answering.wanted:
            error.kind = Cause.WANTS_PASSPHRASE
        elif answering.refused:
            error.kind = Cause.PASSWORD_REFUSED
        elif answering.wanted and error.kind is Cause.LOGIN_REFUSED:
            error.kind = Cause.WANTS_PASSWORD
    return error
