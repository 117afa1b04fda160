"""The view of one domain: what it is, its figures over time, and its XML."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message

from ....engine.fleet import Described
from ....monitor.domain_history import DOMAIN_HISTORY
from ....monitor.domain_query import DomainDetail
from ...format import age
from ...glyphs import Glyphs
from ...shown import assembled, styled
from ...text import safe
from ...widgets.charts import HIGHEST, bands, samples_shown
from ...widgets.host_panel import PanelHead
from ...widgets.lines import LinesView, Spans
from ...widgets.panel_head import HeadLine
from ...words import sentence
from ..view import Pointed, View, ViewServices
from .drawing import charts_of, facts_of, head_spans
from .keys import DOMAIN
from .xml import XmlLine, draw_xml, xml_lines

LEAST_XML = 3
"""Rows that the XML has at least: its title and two lines."""


class DomainXml(LinesView[XmlLine]):
    """The XML, once a person has asked for it."""

    BINDINGS: ClassVar[list[BindingType]] = [*DOMAIN]
    DEFAULT_CSS = """
    DomainXml { width: 1fr; height: 1fr; }
    """

    class Requested(Message):
        """The key of the XML was pressed."""

    def __init__(self, glyphs: Glyphs, id: str) -> None:
        super().__init__(id=id)
        self._glyphs = glyphs
        self.instead: tuple[str, ...] = ()

    def draw(self, line: XmlLine, width: int) -> Spans:
        return draw_xml(line, width)

    def placeholder(self) -> Sequence[str]:
        return self.instead

    def action_xml(self) -> None:
        self.post_message(self.Requested())


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
        self.head = PanelHead(id="domain-head")
        self.xml = DomainXml(given.glyphs, "domain-xml")

    def compose(self) -> ComposeResult:
        yield self.head
        yield self.xml

    def open(self, subject: str) -> None:
        host, _, name = subject.partition("/")
        if (host, name) != (self._host, self._which):
            self._host, self._which = host, name
            self._detail = self._xml = None
            self._asks = False
            self.xml.set_lines(())
            self._fleet.looked_at(host)

    def look(self, described: bool) -> None:
        self._detail = self._fleet.domain(self._host, self._which)
        if self._detail is None:
            known = bool(self._fleet.known((self._host,)))
            where = f"on {safe(self._host)}" if known else f"{safe(self._host)} is no host of the fleet"
            self.head.empty = f"No VM {safe(self._which)} {where}." if known else f"{where}."
        self._show()

    def tick(self) -> None:
        self.look(False)

    def take_focus(self) -> None:
        self.xml.focus()

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
        rows = min(1 + max(1, len(self.head.lines)), max(2, height - LEAST_XML))
        if self.head.styles.height is None or self.head.styles.height.value != rows:
            self.head.styles.height = rows
        self._say_of_xml()

    def _title(self, detail: DomainDetail) -> Content:
        width, height = max(self.size.width, 1), self.size.height
        shown = samples_shown(width, self._chart_height(width, height), DOMAIN_HISTORY, self._glyphs)
        span = f" last {age(shown * self._period)} " if detail.series else ""
        rule = (self._glyphs.rule * 2, "not bold $rule")
        name = f" {safe(detail.row.reading.name)} "
        return assembled(name, rule, (span, "not bold $dim")) if span else assembled(name)

    def _chart_height(self, width: int, height: int) -> int:
        """The charts have all the room that the XML leaves, or is not shown for."""
        if self._detail is None or not (above := bands(len(charts_of(self._detail)), width)):
            return 0
        shown = bool(self.xml.lines) or self._asks
        room = height - 1 - facts_of(self._detail) - (max(LEAST_XML, height // 2) if shown else LEAST_XML)
        return max(1 if room >= above else 0, min(room // above, HIGHEST))

    # The XML

    @on(DomainXml.Requested)
    def _xml_requested(self) -> None:
        if self._xml is not None or self._asks:
            self._put_away()
        elif self._detail is not None:
            self._asks = True
            self.run_worker(self._ask(self._detail.host.id, self._detail.row.reading.uuid), exclusive=True)
            self._show()

    async def _ask(self, host: str, uuid: str) -> None:
        """One question to the host, beside the samples. What is answered to a question of before is not shown."""
        described = await self._fleet.describe_domain(host, uuid)
        if self._asks and self._detail is not None and self._detail.row.reading.uuid == uuid:
            self._asks, self._xml, self._asked_at = False, described, self._fleet.now()
            self.xml.set_lines(xml_lines(described.xml))
            self.xml.cursor_to(0)
            self._show()

    def _put_away(self) -> None:
        self._xml, self._asks = None, False
        self.xml.set_lines(())
        self._show()

    def _say_of_xml(self) -> None:
        key = self._glyphs.keys.sign("domain.xml")
        title: list[str | tuple[str, str]] = [" XML "]
        if self._asks:
            self.xml.instead = (f"Asking {safe(self._host)} for it …",)
        elif self._xml is None:
            self.xml.instead = (f"Press {key} to ask the host for it.",) if self._detail is not None else ()
        elif self._xml.problem is not None:
            self.xml.instead = (sentence(self._xml.problem.reason), f"Press {key} twice to ask again.")
        else:
            told = f" asked {age(self._fleet.now() - self._asked_at)} ago "
            title += [(self._glyphs.rule * 2, "not bold $rule"), (told, "not bold $dim")]
        self.xml.set_title(assembled(*title))
        if not self.xml.lines:
            self.xml.refresh()
