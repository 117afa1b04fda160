"""The screen. Whatever of it is loaded first, Textual's switches in the environment go before Textual comes."""

from __future__ import annotations

from .textual_switches import forget_switches

forget_switches()
