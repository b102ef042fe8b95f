"""Where the object store is, and how we sign in."""

from pathlib import Path

from pydantic import AliasChoices, Field, SecretStr

from cctv.infra.settings import Settings


class ObjectStoreSettings(Settings):
    """Not given: recordings stay on the volumes of the machines that made them."""

    object_store: str | None = Field(
        default=None,
        pattern=r"^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9._/-]+)?/?$",
        description=(
            "Bucket for closed recordings, s3://cctv-recordings or s3://bucket/folder. It must exist."
            " Given: the volumes of the machines are spools, and files leave them as soon as they are stored."
        ),
    )
    object_store_endpoint: str | None = Field(
        default=None, description="The store's address, http://minio:9000. Not given: AWS of the region."
    )
    object_store_ca: Path | None = Field(
        default=None,
        description="The authority (PEM) that the store's certificate comes from. Not given: those that everybody "
        "trusts.",
    )
    object_store_region: str = Field(default="us-east-1", description="The store's region; MinIO has this one.")
    object_store_volume: str = Field(
        default="store",
        pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$",
        description="The store's id in the catalogue and in media addresses; another bucket needs another.",
    )
    object_store_timeout_s: float = Field(
        default=30.0, gt=0, description="Longest transfer of one file of about a minute; then it is tried again."
    )
    access_key: str | None = Field(
        default=None,
        validation_alias=AliasChoices("MINIO_ROOT_USER", "AWS_ACCESS_KEY_ID"),
        description="Name for signing in to the object store; also as AWS_ACCESS_KEY_ID.",
    )
    secret_key: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices("MINIO_ROOT_PASSWORD", "AWS_SECRET_ACCESS_KEY"),
        description="Password for signing in to the object store; also as AWS_SECRET_ACCESS_KEY.",
    )
