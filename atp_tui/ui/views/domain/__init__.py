"""One domain on the whole screen."""
