"""One picture of a recording as JPEG, decoded in a process of its own."""
