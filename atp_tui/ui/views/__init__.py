"""What fills the room between the status line and the command pane. One folder a view, one line in `registry`."""
