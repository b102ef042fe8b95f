"""Who may do what with which camera: roles, grants, and one question everywhere.

The doors ask here for every request. A store turns a scope into a WHERE by :func:`within`, so that lists are never
filtered afterwards.
"""

from cctv.access.policy.errors import CameraHidden, MayNot, NoSuchTarget, PurposeNeeded, TooFarBack
from cctv.access.policy.granting import Granted, Granter, keep_an_administrator, make_administrator
from cctv.access.policy.model import (
    ALL,
    ALMIGHTY,
    EVERYTHING,
    Owned,
    Part,
    Rights,
    Role,
    Scope,
    TargetKind,
    part_of,
)
from cctv.access.policy.policy import Policy, may_let_in
from cctv.access.policy.store import (
    GrantRow,
    grants_on_group,
    list_grants,
    list_roles,
    purpose_agencies,
    set_purpose,
    within,
)

__all__ = [
    "ALL",
    "ALMIGHTY",
    "EVERYTHING",
    "CameraHidden",
    "GrantRow",
    "Granted",
    "Granter",
    "MayNot",
    "NoSuchTarget",
    "Owned",
    "Part",
    "Policy",
    "PurposeNeeded",
    "Rights",
    "Role",
    "Scope",
    "TargetKind",
    "TooFarBack",
    "grants_on_group",
    "keep_an_administrator",
    "list_grants",
    "list_roles",
    "make_administrator",
    "may_let_in",
    "part_of",
    "purpose_agencies",
    "set_purpose",
    "within",
]
