"""Object stores that speak S3: MinIO, AWS and the like. No word of segments."""

from cctv.infra.objects.settings import ObjectStoreSettings
from cctv.infra.objects.store import ObjectStore, StoreFault, configured_store

__all__ = ["ObjectStore", "ObjectStoreSettings", "StoreFault", "configured_store"]
