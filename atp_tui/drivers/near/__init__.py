"""Files of this machine that are sent or written while files are moved: on a thread, in bounded memory."""
