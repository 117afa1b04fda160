"""What the palette and the completion of the `:` line offer, of the fleet and the view as they are now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain

from ...engine.fleet import Fleet
from ...model.order import natural
from ...monitor.orders import Sort
from ...monitor.query import Query
from ..frame.pane_room import PANE
from ..frame.views import ViewStack
from ..job_control import JobControl
from ..keymap import Keymap
from ..views.answers.spec import ANSWERS
from ..views.keys import performing
from . import named
from .only import ONLY
from .palette import Arguments, Offer, completions, offers


class Offering:
    """Asked at each key that is typed there."""

    def __init__(
        self,
        fleet: Fleet,
        keys: Keymap,
        theme_names: Sequence[str],
        views: ViewStack,
        jobs: JobControl,
    ) -> None:
        self._jobs = jobs
        self._fleet = fleet
        self._keys = keys
        self._theme_names = theme_names
        self._views = views

    def offers(self) -> Iterable[Offer]:
        """What Ctrl+P finds."""
        hosts, known = self._fleet.hosts(Query()), self._fleet.reload()
        own = offers(self._keys.commands, hosts, self._theme_names, self._arguments(), known.files)
        return chain(own, named.offered(known.commands))

    def completions(self, text: str = "") -> Sequence[str]:
        """What may be typed after `:`, where `text` stands there."""
        tags = {each.tag for each in self._fleet.summary().groups if each.tag is not None}
        groups = sorted({*tags, *self._fleet.target_words().sets}, key=natural)
        hosts = self._fleet.hosts(Query(sort=Sort.NAME))
        known = self._fleet.reload()
        frozen = [each.words for each in self._fleet.frozen().freezes]
        arguments = self._arguments()
        own = completions(
            self._keys.commands, hosts, groups, self._theme_names, arguments, text, known.files, frozen
        )  # fmt: skip
        answers = [f"{ANSWERS.name} {job.number}" for job in self._jobs.jobs] if text.startswith(ANSWERS.name) else ()
        return [*own, *answers, *named.completed(known.commands, text)]

    def _arguments(self) -> list[Arguments]:
        in_views = performing(self._views.spec).values()
        of_views = [(command, tuple(command.arguments(self._fleet))) for _, command in in_views]
        return [*of_views, *((each, tuple(each.arguments(self._fleet))) for each in (ONLY, PANE))]
