"""What is read of many rows: sums, pages of hosts and of domains, cells. Kept up to date from the first question on."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from ..monitor.arrangements import Arrangements
from ..monitor.cells import Cells
from ..monitor.domain_arrangement import DomainArrangements
from ..monitor.grouping import fields_of
from ..monitor.tally import Tally

if TYPE_CHECKING:
    from ..monitor.host_filter import Expressions
    from ..monitor.query import Fields
    from .below import View


class Pages:
    """All of it, over one view."""

    def __init__(self, view: View, expressions: Expressions | None = None) -> None:
        """`expressions` is what filters say by targets."""
        self._view = view
        self.tally = Tally(view)
        self.arrangements = Arrangements(view, expressions)
        self.domains = DomainArrangements(view, expressions)
        self.cells = Cells(view.look)
        self._fields: Fields | None = None

    def note(self, hosts: Collection[str] | None) -> None:
        """The rows of these hosts look different; None: any may, and hosts may have come or gone."""
        if hosts is None:
            self._fields = None
        self.tally.note(hosts)
        self.arrangements.note(hosts)
        self.domains.note(hosts)
        self.cells.note(hosts)

    def fields(self) -> Fields:
        """As Fleet.fields."""
        if self._fields is None:
            self._fields = fields_of(self._view.rows())
        return self._fields
