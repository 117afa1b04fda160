"""The answers of one job, with all the room of the screen."""
