"""The person on whose behalf this program acts, as jobs and audits name them."""

from __future__ import annotations

import os
import pwd


def user_name() -> str:
    """The account's name; `uid 1234` for a user id without an account, as containers have it."""
    uid = os.getuid()
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"
