"""What the system says about itself to whoever opens the dashboard."""

from datetime import datetime
from importlib.metadata import version
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel

from cctv.base.clock import Clock, from_us
from cctv.base.permission import SIGNED_IN
from cctv.infra.http import Inject, Requires

router = APIRouter(prefix="/api/v1/system", tags=["system"])


class SystemInfo(BaseModel):
    """``now`` is the server's clock: what a dashboard counts ages from, whatever the clock of its machine says."""

    name: str
    version: str
    now: datetime


@router.get("", dependencies=[Requires(SIGNED_IN)])
async def show_system(clock: Annotated[Clock, Inject(Clock)]) -> SystemInfo:
    """Name, version and time of this system."""
    return SystemInfo(name="RTA CCTV", version=version("rta-cctv"), now=from_us(clock.wall_us()))
