"""What a place for closed objects can do: a local volume, an object store. Blocking: call from a thread."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol

from cctv.base.errors import Unavailable


@dataclass(frozen=True, slots=True)
class Listing:
    """What lies directly in a folder, by names without the folder's."""

    folders: list[str] = field(default_factory=list)
    objects: dict[str, int] = field(default_factory=dict)
    """Regular files with their sizes in bytes."""
    others: list[str] = field(default_factory=list)
    """Links, sockets and the like."""


@dataclass(frozen=True, slots=True)
class Deleted:
    """The first ``count`` of the names asked for are gone; ``fault`` says why not all."""

    count: int
    fault: Unavailable | None = None


class Place(Protocol):
    """Closed objects by name, ``/`` between folders. ``id`` stands in catalogue rows and media addresses."""

    @property
    def id(self) -> str: ...

    @property
    def address(self) -> str:
        """A folder, or ``s3://bucket/prefix``."""
        ...

    def look(self, folder: str) -> Listing:
        """One folder, ``""`` the top; a folder that is not there is empty."""
        ...

    def size_of(self, name: str) -> int | None:
        """Bytes of a closed object; ``None``: there is none."""
        ...

    def open(self, name: str) -> BinaryIO:
        """A closed object for reading and seeking; ``FileNotFoundError``."""
        ...

    def delete_many(self, names: Sequence[str]) -> Deleted:
        """Remove closed objects, in order; one that is not there is gone, too."""
        ...
