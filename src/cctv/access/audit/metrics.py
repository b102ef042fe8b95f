"""What the audit counts."""

from prometheus_client import Counter, Gauge

entries_total = Counter("audit_entries_total", "Entries written to the audit, by result.", ["result"])
for _result in ("done", "refused", "failed", "began"):
    entries_total.labels(_result)
waiting = Gauge("audit_entries_waiting", "Entries that wait for the database.")
sealed_age = Gauge("audit_chain_sealed_timestamp_seconds", "When the chain of the audit was last up to date.")
