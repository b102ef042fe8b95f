"""The doors of every service: a route says what it needs, the gate asks the policy, refusals stand in the audit.

A handler asks about the things that it finds by :data:`AccessDep`.
"""

from cctv.access.doors.gate import Access, AccessDep, PolicyGate

__all__ = ["Access", "AccessDep", "PolicyGate"]
