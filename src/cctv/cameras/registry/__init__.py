"""Which cameras there are: names, agencies, places, addresses, what is to be recorded.

Written by vms-service; every change is told on the PostgreSQL channel ``CAMERAS_CHANGED`` in its own transaction.
User and password of a camera are sealed; only :func:`stream_url` opens them, for whoever opens the stream.
"""

from cctv.cameras.registry.changes import (
    add_camera,
    address_to_open,
    change_camera,
    credentials_of,
    read_address,
    remove_camera,
    restore_camera,
    stream_url,
)
from cctv.cameras.registry.errors import (
    CameraChanged,
    CameraInvalid,
    CameraNameTaken,
    CameraNotFound,
    CameraRemoved,
    ImportUnreadable,
)
from cctv.cameras.registry.groups import list_groups
from cctv.cameras.registry.model import (
    FIRST_AGENCIES,
    Agency,
    Audio,
    Camera,
    Credentials,
    Draft,
    Group,
    Mode,
    Place,
    StreamSource,
    Transport,
)
from cctv.cameras.registry.schemas import CameraOut, CredentialsIn
from cctv.cameras.registry.store import (
    SORTS,
    Page,
    Wanted,
    count_cameras,
    get_camera,
    list_agencies,
    list_cameras,
    put_agency,
)

__all__ = [
    "FIRST_AGENCIES",
    "SORTS",
    "Agency",
    "Audio",
    "Camera",
    "CameraChanged",
    "CameraInvalid",
    "CameraNameTaken",
    "CameraNotFound",
    "CameraOut",
    "CameraRemoved",
    "Credentials",
    "CredentialsIn",
    "Draft",
    "Group",
    "ImportUnreadable",
    "Mode",
    "Page",
    "Place",
    "StreamSource",
    "Transport",
    "Wanted",
    "add_camera",
    "address_to_open",
    "change_camera",
    "count_cameras",
    "credentials_of",
    "get_camera",
    "list_agencies",
    "list_cameras",
    "list_groups",
    "put_agency",
    "read_address",
    "remove_camera",
    "restore_camera",
    "stream_url",
]
