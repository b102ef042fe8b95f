"""Time on the record: clocks that do not jump, and what a step of the wall clock begins."""
