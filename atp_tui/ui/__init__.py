"""The screen: Textual widgets over frozen snapshots. What they show of remote text has passed through `ui.text`."""
