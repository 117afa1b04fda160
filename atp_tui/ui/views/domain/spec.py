"""The view of one domain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..spec import ViewSpec
from .keys import DOMAIN as KEYS

if TYPE_CHECKING:
    from ..view import View, ViewServices


def _make(services: ViewServices) -> View:
    from .view import DomainView

    return DomainView(services)


DOMAIN = ViewSpec(
    "domain", "VM", None, "one VM on the whole screen: that under the cursor, or domain kvm07/web01", _make, KEYS,
    needs="domain",
)  # fmt: skip
