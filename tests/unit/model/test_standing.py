"""One value says where a connection stands; whatever has it can be read as if it were its own."""

from __future__ import annotations

import copy
import pickle
from dataclasses import fields

from atp_tui.model.connection import ConnectionState, HasStanding, HostStatus, Standing
from atp_tui.model.errors import ConnectFailed
from atp_tui.model.message import text

STANDING = Standing(ConnectionState.FAILED, text("refused"), 12.5, 3, 20.0, True, ConnectFailed("refused").trouble)


def test_every_field_of_a_standing_is_read_through() -> None:
    status = HostStatus(STANDING, "kvm01")
    for field in fields(Standing):
        assert isinstance(vars(HasStanding)[field.name], property)
        assert getattr(status, field.name) == getattr(STANDING, field.name)


def test_it_crosses_a_process() -> None:
    status = HostStatus(STANDING, "kvm01", answers_ssh=True)
    assert pickle.loads(pickle.dumps(status)) == copy.deepcopy(status) == status
