"""One connection to one camera stream: connect, read, watch, wait, try again; and who reads along."""
