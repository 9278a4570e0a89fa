"""An S3-compatible object store of the operator: files that schedules make are put there."""

from shop.gateways.object_store.client import NotStored, ObjectStore

__all__ = ["NotStored", "ObjectStore"]
