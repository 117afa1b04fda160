"""All views, once: keys, `:` line, palette, help and the frame are made from this list; the screen begins with the
first."""

from __future__ import annotations

from .fleet.spec import FLEET
from .spec import ViewSpec

VIEWS: tuple[ViewSpec, ...] = (FLEET,)
