"""From samples to files with rows: runs, segments, queues with limits, the journal, the book of gaps."""
