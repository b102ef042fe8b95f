"""HTTP of identity, a file a subject; go-api serves them all."""

from fastapi import APIRouter

from cctv.access.identity.routes.keys import router as keys
from cctv.access.identity.routes.profile import router as profile
from cctv.access.identity.routes.provider import router as provider
from cctv.access.identity.routes.session import router as session
from cctv.access.identity.routes.users import router as users

router = APIRouter()
for _part in (session, profile, keys, users, provider):
    router.include_router(_part)

__all__ = ["router"]
