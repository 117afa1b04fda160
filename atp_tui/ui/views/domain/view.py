"""The view of one domain: what it is, its figures over time, what its guest says, and its XML."""

from __future__ import annotations

from textual import events, on
from textual.app import ComposeResult
from textual.content import Content

from ....model.guest import GuestSaid
from ....monitor.domain_history import DOMAIN_HISTORY
from ....monitor.domain_query import Described, DomainDetail
from ....monitor.rows import OFF
from ...format import age
from ...shown import assembled, styled
from ...text import safe
from ...widgets.charts import HIGHEST, bands, samples_shown
from ...widgets.host_panel import PanelHead
from ...widgets.panel_head import HeadLine
from ...words import sentence
from ..view import Pointed, View, ViewServices
from .below import DomainBelow
from .drawing import charts_of, facts_of, head_spans
from .guest import guest_lines
from .xml import xml_lines

LEAST_BELOW = 3
"""Rows that stand below the charts at least: a title and two lines."""


class DomainView(View):
    """Commands go to the host of the domain."""

    DEFAULT_CSS = """
    DomainView { layout: vertical; }
    DomainView > PanelHead { width: 1fr; height: 3; }
    """

    def __init__(self, given: ViewServices) -> None:
        super().__init__(id="domain")
        self._fleet = given.fleet
        self._glyphs = given.glyphs
        self._period = given.services.period
        self._host = self._which = ""
        self._detail: DomainDetail | None = None
        self._xml: Described | None = None
        self._asked_at = 0.0
        self._asks = False
        self._guest: GuestSaid | None = None
        self._asks_guest = False
        self.head = PanelHead(id="domain-head")
        self.below = DomainBelow(given.glyphs, "domain-below")

    def compose(self) -> ComposeResult:
        yield self.head
        yield self.below

    def open(self, subject: str) -> None:
        host, _, name = subject.partition("/")
        if (host, name) != (self._host, self._which):
            self._host, self._which = host, name
            self._detail = self._xml = self._guest = None
            self._asks = self._asks_guest = False
            self.below.set_lines(())
            self._fleet.looked_at(host)

    def look(self, described: bool) -> None:
        self._detail = self._fleet.domain(self._host, self._which)
        if self._detail is None:
            known = bool(self._fleet.known((self._host,)))
            where = f"on {safe(self._host)}" if known else f"{safe(self._host)} is no host of the fleet"
            self.head.empty = f"No VM {safe(self._which)} {where}." if known else f"{where}."
        elif self._guest is None and not self._asks_guest:
            self._ask_guest()  # once: when the view opens, or when the VM starts
        self._show()

    def tick(self) -> None:
        self.look(False)

    def take_focus(self) -> None:
        self.below.focus()

    @property
    def pointed(self) -> Pointed:
        return Pointed(cursor=self._fleet.known((self._host,)))

    def subject(self, needs: str) -> str:
        return f"{self._host}/{self._which}" if needs == "domain" else super().subject(needs)

    def show_host(self, host_id: str) -> bool:
        return host_id == self._host

    def step_back(self) -> bool:
        if self._xml is None and not self._asks:
            return False
        self._put_away()
        return True

    # What is shown

    def on_resize(self, event: events.Resize) -> None:
        self._show()

    def _show(self) -> None:
        detail, width, height = self._detail, max(self.size.width, 1), self.size.height
        if detail is None:
            self.head.set_lines(())
            self.head.set_title(styled(""))
        else:
            spans = head_spans(detail, width, self._chart_height(width, height), self._fleet.now(), self._glyphs)
            self.head.set_lines([HeadLine(str(number), line) for number, line in enumerate(spans)])
            self.head.set_title(self._title(detail))
        rows = min(1 + max(1, len(self.head.lines)), max(2, height - LEAST_BELOW))
        if self.head.styles.height is None or self.head.styles.height.value != rows:
            self.head.styles.height = rows
        self._say_below()

    def _title(self, detail: DomainDetail) -> Content:
        width, height = max(self.size.width, 1), self.size.height
        shown = samples_shown(width, self._chart_height(width, height), DOMAIN_HISTORY, self._glyphs)
        span = f" last {age(shown * self._period)} " if detail.series else ""
        rule = (self._glyphs.rule * 2, "not bold $rule")
        name = f" {safe(detail.row.reading.name)} "
        return assembled(name, rule, (span, "not bold $dim")) if span else assembled(name)

    def _chart_height(self, width: int, height: int) -> int:
        """The charts have all the room that is left below."""
        if self._detail is None or not (above := bands(len(charts_of(self._detail)), width)):
            return 0
        below = height // 2 if self._shows_xml else min(1 + len(self.below.lines), height // 2)
        room = height - 1 - facts_of(self._detail) - max(LEAST_BELOW, below)
        return max(1 if room >= above else 0, min(room // above, HIGHEST))

    # The guest

    @on(DomainBelow.GuestRequested)
    def _guest_requested(self) -> None:
        if not self._asks_guest and self._detail is not None:
            self._put_away()
            self._ask_guest()
            self._show()

    def _ask_guest(self) -> None:
        """One question to the guest's agent, where the VM runs."""
        detail = self._detail
        if detail is not None and not detail.row.gone and detail.row.reading.state not in OFF:
            self._asks_guest = True
            self.run_worker(self._guest_answers(detail.host.id, detail.row.reading.uuid), group="guest", exclusive=True)

    async def _guest_answers(self, host: str, uuid: str) -> None:
        said = await self._fleet.guest_of(host, uuid)
        if self._asks_guest and self._detail is not None and self._detail.row.reading.uuid == uuid:
            self._asks_guest, self._guest = False, said
            if not self._shows_xml:
                self._show_guest()
            self._show()

    def _show_guest(self) -> None:
        info = None if self._guest is None else self._guest.info
        self.below.set_lines(() if info is None else guest_lines(info, self._fleet.now(), self._glyphs))
        self.below.cursor_to(0)

    # The XML

    @property
    def _shows_xml(self) -> bool:
        return self._xml is not None or self._asks

    @on(DomainBelow.XmlRequested)
    def _xml_requested(self) -> None:
        if self._shows_xml:
            self._put_away()
        elif self._detail is not None:
            self._asks = True
            self.below.set_lines(())
            self.run_worker(self._ask(self._detail.host.id, self._detail.row.reading.uuid), exclusive=True)
            self._show()

    async def _ask(self, host: str, uuid: str) -> None:
        """One question to the host, beside the samples. What is answered to a question of before is not shown."""
        described = await self._fleet.describe_domain(host, uuid)
        if self._asks and self._detail is not None and self._detail.row.reading.uuid == uuid:
            self._asks, self._xml, self._asked_at = False, described, self._fleet.now()
            self.below.set_lines(xml_lines(described.xml))
            self.below.cursor_to(0)
            self._show()

    def _put_away(self) -> None:
        self._xml, self._asks = None, False
        self._show_guest()
        self._show()

    # What is said of both

    def _say_below(self) -> None:
        name, told, instead = self._words_of_xml() if self._shows_xml else self._words_of_guest()
        self.below.instead = instead
        title: list[str | tuple[str, str]] = [f" {name} "]
        if told is not None:
            title += [(self._glyphs.rule * 2, "not bold $rule"), (told, "not bold $dim")]
        self.below.set_title(assembled(*title))
        if not self.below.lines:
            self.below.refresh()

    def _words_of_xml(self) -> tuple[str, str | None, tuple[str, ...]]:
        """The title, what stands behind it, and what is said where there are no lines."""
        if self._xml is None:
            return "XML", None, (f"Asking {safe(self._host)} for it …",)
        asked = f" asked {age(self._fleet.now() - self._asked_at)} ago "
        if self._xml.problem is None:
            return "XML", asked, ()
        key = self._glyphs.keys.sign("domain.xml")
        return "XML", None, (sentence(self._xml.problem.reason), f"Press {key} twice to ask again.")

    def _words_of_guest(self) -> tuple[str, str | None, tuple[str, ...]]:
        """As `_words_of_xml`."""
        detail, said = self._detail, self._guest
        if detail is None:
            return "guest", None, ()
        if self._asks_guest and said is None:
            return "guest", None, ("Asking its agent …",)
        if said is None:
            return "guest", None, ("It does not run, so that no guest can be asked.",)
        asked = " asking again " if self._asks_guest else f" asked {age(self._fleet.now() - said.at)} ago "
        if said.problem is None:
            return "guest", asked, ("The agent tells nothing.",)
        again = f"Press {self._glyphs.keys.sign('domain.guest')} to ask again."
        return "guest", asked, (sentence(said.problem.reason), again)
