"""Widgets: each paints one frozen snapshot and posts messages; none of them knows the transport or the application."""
