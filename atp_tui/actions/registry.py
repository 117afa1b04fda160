"""All actions, once: keys, `:` command line, palette, help and headless verbs are made from this list."""

from __future__ import annotations

from ..model.errors import ActionFailed
from ..model.message import told
from ..model.say import Say
from .action import Action
from .connections import CONNECT, DISCONNECT, RETRY
from .files import PULL, PUSH
from .follow import FOLLOW
from .forward import CLOSE_FORWARD, FORWARD
from .freeze import FREEZE, THAW
from .hosts import HOSTS_FILE
from .log_in import FORGET, LOCK, LOG_IN
from .run import RUN
from .shell import SHELL
from .trust_key import TRUST_KEY

ACTIONS: tuple[Action, ...] = (
    RUN,
    FOLLOW,
    PUSH,
    PULL,
    FORWARD,
    CLOSE_FORWARD,
    SHELL,
    RETRY,
    CONNECT,
    DISCONNECT,
    TRUST_KEY,
    LOG_IN,
    FORGET,
    LOCK,
    *HOSTS_FILE,
    FREEZE,
    THAW,
)


def find(name: str, actions: tuple[Action, ...] = ACTIONS) -> Action:
    """The action of that name. Raises ActionFailed."""
    for action in actions:
        if action.name == name:
            return action
    raise ActionFailed(told(Say.NO_SUCH_ACTION, action=name, known=", ".join(action.name for action in actions)))
