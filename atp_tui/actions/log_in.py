"""Log-in: the name and password that a person types for a host. The password is the invocation's secret and never an
argument, which would end up in histories and process lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..model.credential import Credential
from ..model.errors import ActionFailed, CredentialWanted
from ..model.message import told
from ..model.questions import PasswordQuestion
from ..model.say import Say
from .action import Action, Argument, Context, Danger, Invocation, Subject

if TYPE_CHECKING:
    from ..transport.manager import TransportManager


def password_question(manager: TransportManager, host_id: str) -> PasswordQuestion | None:
    """The password that keeps a host from being connected, if one does. Raises HostUnknown."""
    errors = manager.last_errors(host_id)
    wanted = next((error for error in errors if isinstance(error, CredentialWanted)), None)
    uri = manager.host(host_id).uri
    if wanted is None or uri is None:
        return None
    return PasswordQuestion(host_id, wanted.name, wanted.user, wanted.refused, uri)


async def _log_in(context: Context, invocation: Invocation) -> None:
    if len(invocation.targets) != 1 or invocation.secret is None:
        raise ActionFailed(told(Say.LOG_IN_ON_SCREEN))
    (host_id,) = invocation.hosts
    # under the URI that was asked about: under another one the host may be another machine
    credential = Credential(invocation.text("user"), invocation.secret)
    context.credentials.remember(host_id, invocation.text("uri"), credential)
    context.manager.retry(host_id)


LOG_IN = Action(
    "log-in",
    "log in",
    "P",
    "type the password that a host wants",
    Subject.HOSTS,
    changes=False,
    run=_log_in,
    danger=Danger.TRUST,
    arguments=(
        Argument("user", "the name to log in with"),
        Argument("uri", "the URI that the password is for"),
    ),
    prompts=True,
)
