"""`[answers]`: read with the place of each entry."""

from __future__ import annotations

from typing import Any

from ..model.answers import AnswerSettings
from ..model.bounded import bounded
from ..model.errors import ConfigError
from .problems import Problems
from .tables import Given, read_table, settle


def read_answer_settings(document: dict[str, Any], problems: Problems) -> AnswerSettings:
    """What the document says; what is wrong with it is noted."""
    values = read_table(AnswerSettings, document.get("answers", {}), ("answers",), problems)
    if "mask" in values:
        values["mask"] = _usable(values["mask"], problems)
    return settle(AnswerSettings, values, problems)[0]


def _usable(given: Given, problems: Problems) -> Given:
    """The patterns that can be used; each of the others is noted at its own line."""
    assert isinstance(given.value, tuple), "it was read as a list of texts"
    kept = []
    for index, text in enumerate(given.value):
        try:
            bounded("answers.mask", text)
            kept.append(text)
        except ConfigError as error:
            problems.add((*given.path, index), error.message, error.hint or "take it out")
    return Given(tuple(kept), given.path)
