"""What has happened in the fleet, line by line."""
