"""What a kind of work is: the type of its data, the channel it needs, and how it is carried out on one target."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

from ..model.data_class import dataclass
from ..model.moving import MoveSink
from ..model.outcome import ExitStatus
from ..model.settings import Channel
from ..model.target import TargetId
from ..transport.connection import HostConnection
from .spec import Work

W = TypeVar("W", bound=Work)

Perform = Callable[[HostConnection, TargetId, W, MoveSink], Awaitable[ExitStatus]]
"""Carries work out on a target, over a connection of its host; output goes to the sink as it comes,
and so does how far it has come, where work can tell that (`sink.moved`).

Work that has no exit status of its own ends with 0. Raises what keeps it from coming to its end. A cancel ends it: then
it may wait some seconds for its end, which it confirms in the error where that is known (model.ending); a second cancel
ends that wait. An end that is not confirmed is told so.
"""


@dataclass(frozen=True, slots=True)
class Kind(Generic[W]):
    """A kind of work. `channel` None: the host's main channel. `name` is the `kind` of its data."""

    name: str
    type: type[W]
    channel: Channel | None
    perform: Perform[W]


AnyKind = Kind[Any]
