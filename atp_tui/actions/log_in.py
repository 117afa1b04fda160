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
    number, secret = invocation.arguments.get("question"), invocation.secret
    if isinstance(number, int):
        everywhere = bool(invocation.arguments.get("everywhere", False))
        if secret is None:
            context.desk.decline(number)
        elif not context.desk.answer(number, secret, everywhere=everywhere):
            raise ActionFailed(told(Say.QUESTION_GONE))
        return
    if secret is None and not invocation.text("uri"):
        await _ask(context, invocation.hosts)
        return
    if len(invocation.targets) != 1 or secret is None or not invocation.text("user"):
        raise ActionFailed(told(Say.LOG_IN_ON_SCREEN))
    (host_id,) = invocation.hosts
    # under the URI that was asked about: under another one the host may be another machine
    credential = Credential(invocation.text("user"), secret)
    context.credentials.remember(host_id, invocation.text("uri"), credential)
    context.manager.retry(host_id)


async def _ask(context: Context, hosts: tuple[str, ...]) -> None:
    """Have these hosts log in with a person there, who is asked as the logins come to it."""
    context.desk.attend(hosts)
    for host_id in hosts:
        context.manager.retry(host_id, beside=True)


LOG_IN = Action(
    "log-in",
    "log in",
    "P",
    "answer what a host asks for: a password, a passphrase, a code",
    Subject.HOSTS,
    changes=False,
    run=_log_in,
    danger=Danger.TRUST,
    arguments=(
        Argument("user", "the name to log in with", required=False),
        Argument("uri", "the URI that the password is for", required=False),
        Argument("question", "the number of the question that is answered", kind=int, required=False),
        Argument("everywhere", "whether the answer is for all that ask the same", kind=bool, required=False),
    ),
    prompts=True,
)


async def _forget(context: Context, invocation: Invocation) -> None:
    context.desk.forget()
    context.credentials.forget_all()


async def _lock(context: Context, invocation: Invocation) -> None:
    await context.lock.lock()


LOCK = Action(
    "lock",
    "lock the screen",
    None,
    "forget what was typed, and show nothing until a password is typed again",
    Subject.NOTHING,
    changes=False,
    run=_lock,
)

FORGET = Action(
    "forget",
    "forget passwords",
    None,
    "forget all passwords and passphrases that were typed",
    Subject.NOTHING,
    changes=False,
    run=_forget,
)
