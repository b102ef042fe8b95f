"""One bucket, or a folder of it, as a place for closed objects. Blocking: call from a thread.

An upload is one request, so an object is there whole or not at all, whatever dies meanwhile; the store is sent a
SHA-256 that it may check. Nothing is tried again in here: whoever asks knows better when.
"""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, BinaryIO, Final

from cctv.base.errors import InvalidInput, Unavailable
from cctv.infra.objects.settings import ObjectStoreSettings
from cctv.infra.places import Deleted, Listing

if TYPE_CHECKING:
    from obstore.store import ClientConfig, S3Config, S3Store

_CONNECT_S: Final = 3.0
_CHUNK_BYTES: Final = 1 << 20
_LONGEST_WORDS: Final = 300


class StoreFault(Unavailable):
    """The object store does not answer, or refuses."""

    code = "object_store"
    message_ar = "مخزن الكائنات لا يستجيب أو يرفض الطلب."


class ObjectStore:
    """``address`` is ``s3://bucket`` or ``s3://bucket/folder``; ``id`` stands in catalogue rows and addresses."""

    def __init__(self, settings: ObjectStoreSettings) -> None:
        if settings.object_store is None:
            raise InvalidInput("CCTV_OBJECT_STORE names no object store")
        self.id = settings.object_store_volume
        self.address = settings.object_store.rstrip("/")
        self._settings = settings
        self._opened: S3Store | None = None

    def put(self, name: str, data: bytes) -> None:
        """Store an object, in the place of one of that name; :class:`StoreFault`."""
        import obstore  # noqa: PLC0415 - large, and not needed where there is no object store

        with _translated(name, absent_is_fault=True):
            obstore.put(self._store(), _checked(name), data, use_multipart=False)

    def open(self, name: str) -> BinaryIO:
        """The whole object in memory; ``FileNotFoundError``, :class:`StoreFault`."""
        return io.BytesIO(b"".join(self.read(name)))

    def read(self, name: str) -> Iterator[bytes]:
        """The object's bytes in pieces of about a megabyte; ``FileNotFoundError``, :class:`StoreFault`."""
        import obstore  # noqa: PLC0415 - as above

        with _translated(name):
            answer = obstore.get(self._store(), _checked(name))
            for chunk in answer.stream(min_chunk_size=_CHUNK_BYTES):
                yield bytes(chunk)

    def size_of(self, name: str) -> int | None:
        """Bytes of an object; ``None``: there is none. :class:`StoreFault`."""
        import obstore  # noqa: PLC0415 - as above

        try:
            with _translated(name):
                return int(obstore.head(self._store(), _checked(name))["size"])
        except FileNotFoundError:
            self._check_bucket()
            return None

    def look(self, folder: str) -> Listing:
        """One folder, ``""`` the top; a folder that is not there is empty. :class:`StoreFault`."""
        import obstore  # noqa: PLC0415 - as above

        with _translated(folder, absent_is_fault=True):
            found = obstore.list_with_delimiter(self._store(), folder or None)
        return Listing(
            folders=sorted(PurePosixPath(one).name for one in found["common_prefixes"]),
            objects={PurePosixPath(one["path"]).name: int(one["size"]) for one in found["objects"]},
        )

    def delete_many(self, names: Sequence[str]) -> Deleted:
        """Remove objects, hundreds in a request; one that is not there is gone, too."""
        import obstore  # noqa: PLC0415 - as above

        try:
            # One request for all: a bucket that is not there is then a fault, and not a list of what is gone.
            with _translated(names[0] if names else "", absent_is_fault=True):
                obstore.delete(self._store(), [_checked(name) for name in names])
        except StoreFault as fault:
            return Deleted(0, fault)
        return Deleted(len(names))

    def ping(self) -> str | None:
        """What is wrong with the store, or ``None``."""
        try:
            self._check_bucket()
        except StoreFault as fault:
            return str(fault)
        return None

    def _check_bucket(self) -> None:
        """Raise :class:`StoreFault` unless the bucket is there and lets us read."""
        import obstore  # noqa: PLC0415 - as above

        with _translated("", absent_is_fault=True):
            next(iter(obstore.list(self._store(), prefix="is-it-there", chunk_size=1)), None)

    def _store(self) -> "S3Store":
        if self._opened is None:
            self._opened = _opened(self.address, self._settings)
        return self._opened


def configured_store(settings: ObjectStoreSettings | None = None) -> ObjectStore | None:
    """The store that the environment names, or ``None``. Nothing connects before it is used."""
    settings = settings or ObjectStoreSettings()
    return ObjectStore(settings) if settings.object_store is not None else None


def _opened(address: str, settings: ObjectStoreSettings) -> "S3Store":
    from obstore.store import S3Store  # noqa: PLC0415 - as above

    bucket, _, folder = address.removeprefix("s3://").partition("/")
    endpoint = settings.object_store_endpoint
    config: S3Config = {
        "region": settings.object_store_region,
        "checksum_algorithm": "SHA256",
        "virtual_hosted_style_request": endpoint is None,
    }
    if endpoint is not None:
        config["endpoint"] = endpoint
    if settings.access_key is not None:
        config["access_key_id"] = settings.access_key
    if settings.secret_key is not None:
        config["secret_access_key"] = settings.secret_key.get_secret_value()
    return S3Store(
        bucket,
        prefix=folder or None,
        config=config,
        client_options=_client_options(settings),
        retry_config={"max_retries": 0},
    )


def _client_options(settings: ObjectStoreSettings) -> "ClientConfig":
    options: ClientConfig = {
        "allow_http": (settings.object_store_endpoint or "").startswith("http://"),
        "timeout": timedelta(seconds=settings.object_store_timeout_s),
        "connect_timeout": timedelta(seconds=_CONNECT_S),
    }
    if settings.object_store_ca is not None:
        try:
            options["root_certificate"] = settings.object_store_ca.read_bytes()
        except OSError as fault:
            raise InvalidInput(f"CCTV_OBJECT_STORE_CA cannot be read: {fault}") from fault
    return options


@contextmanager
def _translated(name: str, *, absent_is_fault: bool = False) -> Iterator[None]:
    from obstore.exceptions import BaseError  # noqa: PLC0415 - as above

    try:
        yield
    except FileNotFoundError as fault:
        if absent_is_fault:
            raise StoreFault(_words(fault), object=name) from fault
        raise
    except (BaseError, OSError, TimeoutError) as fault:
        raise StoreFault(_words(fault), object=name) from fault


def _words(fault: BaseException) -> str:
    """The library's sentence without its debugging text."""
    return str(fault).partition("\n\nDebug source")[0].strip()[:_LONGEST_WORDS] or type(fault).__name__


def _checked(name: str) -> str:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts or "\0" in name:
        raise ValueError(f"{name!r} is no object's name")
    return path.as_posix()
