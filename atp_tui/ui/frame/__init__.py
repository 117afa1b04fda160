"""What stands around every view: status line, command pane, key line, and the stack of views."""
