"""What the machine does by itself: record, keep, check."""
