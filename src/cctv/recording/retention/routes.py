"""HTTP of storage: volumes and their room."""

from typing import Annotated

from fastapi import APIRouter

from cctv.base.permission import System, system
from cctv.infra.http import Inject, ReadDep, Requires
from cctv.recording.retention.cleaner import Cleaner
from cctv.recording.retention.report import volumes_now
from cctv.recording.retention.schemas import StorageOut

router = APIRouter(prefix="/api/v1/storage", tags=["storage"])


@router.get("", dependencies=[Requires(system(System.STORAGE))])
async def show_storage(tx: ReadDep, cleaner: Annotated[Cleaner, Inject(Cleaner)]) -> StorageOut:
    """The volumes and how full they are."""
    return StorageOut(volumes=await volumes_now(tx, cleaner))
