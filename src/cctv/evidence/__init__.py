"""What is kept for a case."""
