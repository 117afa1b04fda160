"""Connect, disconnect, retry: what a person decides about a host's connections."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from ..model.errors import AtpError, FailedOnHosts
from ..model.message import told
from ..model.say import Say
from .action import Action, Context, Invocation, Subject

if TYPE_CHECKING:
    from ..transport.connection import HostConnection


async def _retry(context: Context, invocation: Invocation) -> None:
    context.desk.attend(invocation.hosts)
    for host_id in invocation.hosts:
        context.manager.retry(host_id)


async def _connect(context: Context, invocation: Invocation) -> None:
    async def connected(connection: HostConnection) -> None:
        """To have the connection is all that is wanted."""

    async def connect(host_id: str) -> None:
        context.manager.retry(host_id)
        await context.manager.execute_on_host(host_id, connected, fail_fast=True)

    context.desk.attend(invocation.hosts)
    await _on_each(connect, invocation)


async def _disconnect(context: Context, invocation: Invocation) -> None:
    await _on_each(context.manager.disconnect, invocation)


async def _on_each(work: Callable[[str], Awaitable[None]], invocation: Invocation) -> None:
    """Do it on all hosts at once. Raises the error of a single host, or FailedOnHosts with those of several."""
    import asyncio  # late: the command line's verbs are made from the registry, and --help loads nothing of weight

    results = await asyncio.gather(*map(work, invocation.hosts), return_exceptions=True)
    failed: dict[str, AtpError] = {}
    for host_id, result in zip(invocation.hosts, results, strict=True):
        if isinstance(result, AtpError):
            failed[host_id] = result
        elif isinstance(result, BaseException):
            raise result
    if not failed:
        return
    host_id, first = next(iter(failed.items()))
    if len(invocation.hosts) == 1:
        raise first
    raise FailedOnHosts(
        told(
            Say.FAILED_ON_HOSTS,
            action=invocation.action,
            failed=len(failed),
            number=len(invocation.hosts),
            host=host_id,
            why=first.reason,
        ),
        failed,
    ) from first


RETRY = Action(
    "retry", "retry", "r", "try to connect now, whatever the reason it failed", Subject.HOSTS, changes=False, run=_retry
)
CONNECT = Action(
    "connect",
    "connect",
    None,
    "connect, and say why where it does not work",
    Subject.HOSTS,
    changes=False,
    run=_connect,
    headless=True,
)
DISCONNECT = Action(
    "disconnect",
    "disconnect",
    None,
    "close all connections until retry or connect",
    Subject.HOSTS,
    changes=False,
    run=_disconnect,
)
