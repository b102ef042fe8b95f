"""What exists: the cameras, how they are reached and how they are."""
