"""What a job follows: the lines of its hosts as they come."""
