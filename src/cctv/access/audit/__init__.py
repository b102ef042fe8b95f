"""Who did what to which thing, when, from where, with what result: kept for ever, changed by nobody.

Entries are written with :class:`Audit`; a sealer chains them within a second and anchors the chain each day, so
that :func:`verify` finds any row that was changed, removed or inserted.
"""

from cctv.access.audit.anchors import Anchors
from cctv.access.audit.errors import AuditFull
from cctv.access.audit.model import Entry, Kept
from cctv.access.audit.sealing import Sealer
from cctv.access.audit.verifying import Finding, Report, verify
from cctv.access.audit.writing import Audit

__all__ = ["Anchors", "Audit", "AuditFull", "Entry", "Finding", "Kept", "Report", "Sealer", "verify"]
