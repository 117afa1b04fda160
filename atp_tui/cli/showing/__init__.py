"""How `run` shows what comes back: a module for each way, behind `Showing`."""
