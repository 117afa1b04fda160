"""The signs of states. Each is shown with a word or a colour beside it, never alone as the only carrier of news.

Whatever draws is given a set of them, and with it the keys that its sentences name.
"""

from __future__ import annotations

from ..model.connection import ConnectionState
from ..model.data_class import dataclass
from .keymap import OWN, Keymap
from .text import Safe, safe

_S = ConnectionState

STATE_ORDER = (_S.CONNECTED, _S.CONNECTING, _S.RECONNECTING, _S.FAILED, _S.DISCONNECTED, _S.DRAINING, _S.DISABLED)
"""The order in which counts of states stand side by side."""


@dataclass(frozen=True, slots=True)
class Glyphs:
    """One set of signs, each a single cell; `states` in STATE_ORDER. `keys` are those that this person presses."""

    states: str
    folded: str
    unfolded: str
    separator: str
    ellipsis: Safe
    received: str
    sent: str
    rule: str
    steady: str
    nothing: str
    ascii_only: bool
    keys: Keymap = OWN

    def state(self, state: ConnectionState) -> str:
        return self.states[STATE_ORDER.index(state)]


UNICODE = Glyphs("●◔◐✕○◌⊘", "▸", "▾", "·", safe("…"), "↓", "↑", "─", "━", "·", ascii_only=False)
ASCII = Glyphs("+~!x-./", ">", "v", "-", safe("~"), "<", ">", "-", "=", "_", ascii_only=True)
"""For terminals and fonts without the others."""
