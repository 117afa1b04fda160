"""`atp-tui doctor`: whether all that the program needs is in order on this machine. No host is contacted."""

from .verb import doctor

__all__ = ["doctor"]
