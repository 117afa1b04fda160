"""One host on the whole screen."""
