"""What was said in the line at the bottom."""
