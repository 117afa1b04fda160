"""The JSON of `stats`: a connection's fields stand side by side, however the program groups them."""

from __future__ import annotations

from dataclasses import fields

from atp_tui.cli.encode import _connection
from atp_tui.model.connection import ConnectionSnapshot, ConnectionState, Standing
from tests.ui.rows import connection


def test_a_connection_has_all_its_fields_side_by_side() -> None:
    encoded = _connection(connection(state=ConnectionState.FAILED, cause="refused", since=1.0))
    names = {field.name for kind in (ConnectionSnapshot, Standing) for field in fields(kind)}
    assert encoded.keys() == names - {"standing"}
    assert (encoded["state"], encoded["cause"], encoded["since"]) == ("failed", "refused", 1.0)
