"""The view of a single host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..spec import ViewSpec

if TYPE_CHECKING:
    from ..view import View, ViewServices


def _make(services: ViewServices) -> View:
    from .view import HostView

    return HostView(services)


HOST = ViewSpec(
    "host", "host", "o", "one host on the whole screen: that under the cursor, or host kvm07", _make, needs="host"
)
