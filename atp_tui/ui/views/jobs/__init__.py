"""The jobs and the answers of the one that is shown, with all the room of the screen."""
