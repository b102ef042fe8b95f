"""Who somebody is: users, sign-in, sessions, keys, second factors, other organisations' tokens."""

from cctv.access.identity.accounts import Handed, add_first, recover, seal_break_glass
from cctv.access.identity.desk import Desk, Ending
from cctv.access.identity.ending import end_everything, tell
from cctv.access.identity.keeper import Keeper
from cctv.access.identity.lockout import Lockout
from cctv.access.identity.model import Standing, User
from cctv.access.identity.schemas import PermissionNames
from cctv.access.identity.settings import IdentitySettings
from cctv.access.identity.standing import standing
from cctv.access.identity.store import provider_names, replace_provider_names
from cctv.access.identity.tokens import CONSOLE, ServiceTokens

__all__ = [
    "CONSOLE",
    "Desk",
    "Ending",
    "Handed",
    "IdentitySettings",
    "Keeper",
    "Lockout",
    "PermissionNames",
    "ServiceTokens",
    "Standing",
    "User",
    "add_first",
    "end_everything",
    "provider_names",
    "recover",
    "replace_provider_names",
    "seal_break_glass",
    "standing",
    "tell",
]
