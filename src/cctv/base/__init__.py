"""Our words: ids, spans, clocks, errors, faults. Standard library only."""
