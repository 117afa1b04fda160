"""The metadata of all VMs of a host, read at once for a verb: the screen has its own reader, which takes its time."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from ..model import libvirt
from ..model.errors import AtpError, CallFailed
from ..model.host import HostInfo
from ..model.message import Message, text, told
from ..model.node import DomainMetadata, DomainReading
from ..model.say import Say
from ..monitor.metadata_plan import Wanted
from ..monitor.metadata_reader import read_metadata
from ..monitor.rows import OFF
from ..transport.connection import HostConnection
from ..transport.manager import TransportManager

LONGEST = 2.0
"""Seconds of one call. Nothing else waits for the connection of a verb but the end of the verb itself."""


class MetadataOf(NamedTuple):
    """The metadata of a host's VMs by uuid; `error` says why some are missing, where they are."""

    found: tuple[tuple[str, DomainMetadata], ...] = ()
    error: AtpError | None = None


async def metadata_of(
    manager: TransportManager, host: HostInfo, domains: Sequence[DomainReading], limit: float
) -> MetadataOf:
    """Those of these domains, within `limit` seconds: after it, those that were read until then. Raises nothing of the
    host's own making."""
    found: list[DomainMetadata | None] = []
    wanted = [Wanted(domain.uuid, domain.state not in OFF) for domain in domains]
    failed: list[CallFailed] = []

    async def read(connection: HostConnection) -> None:
        lacking: frozenset[int] = frozenset()
        while len(found) < len(wanted):
            ask = partial(read_metadata, wanted=wanted[len(found) :], lacking=lacking, longest=LONGEST)
            try:
                answer = await connection.call(ask)
            except CallFailed as error:  # the first of them cannot be read; the others may be
                failed.append(error)
                found.append(None)
                continue
            found.extend(answer.found)
            lacking = answer.lacking

    error: AtpError | None = None
    try:
        if wanted:
            await manager.execute_on_host(host.id, read, timeout=limit, fail_fast=True)
    except AtpError as ended:
        error = ended
    read_ones = [(each.uuid, about) for each, about in zip(wanted, found, strict=False) if about is not None]
    missing = len(wanted) - len(read_ones)
    if missing:
        why = error or next(iter(failed), None)
        error = CallFailed(told(Say.VMS_UNREAD, count=missing, why=_why(why)), host=host.id)
    return MetadataOf(tuple(read_ones), error if missing else None)


def _why(error: AtpError | None) -> Message:
    """Why some could not be read; without an error the host has refused them alone."""
    if error is None or (isinstance(error, CallFailed) and error.code == libvirt.VIR_ERR_ACCESS_DENIED):
        return text("the host does not let us")
    return error.reason
