"""Files in an S3-compatible store."""

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

from shop.base.db import holds_connection
from shop.base.errors import Kind, ShopError
from shop.base.http import CONNECT_SECONDS, NetworkInsideTransaction

if TYPE_CHECKING:
    from minio import Minio

READ_SECONDS = 60.0  # a large file


class NotStored(ShopError):
    """The store could not be reached, or would not take the file: another try may help."""

    kind, code = Kind.UPSTREAM, "not_stored"


class ObjectStore:
    """One bucket. `url` is `https://key:secret@host/bucket?region=eu-central-1`."""

    def __init__(self, url: str) -> None:
        self._parts = urlsplit(url)
        self._bucket = self._parts.path.strip("/")

    def put(self, name: str, path: Path, mimetype: str) -> None:
        """Store a file under `name`; the same name again replaces it. Raises NotStored."""
        from minio.error import MinioException
        from urllib3.exceptions import HTTPError

        if holds_connection():
            raise NetworkInsideTransaction(self._parts.hostname)
        try:
            self._client().fput_object(
                bucket_name=self._bucket, object_name=name, file_path=str(path), content_type=mimetype
            )
        except (MinioException, HTTPError, OSError) as fault:
            raise NotStored(reason=type(fault).__name__) from fault

    def _client(self) -> "Minio":
        from minio import Minio  # here, so that a process that stores nothing does not carry it
        from urllib3 import PoolManager, Retry, Timeout

        parts = self._parts
        region = parse_qs(parts.query).get("region", ["us-east-1"])[0]
        patience = Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS)
        return Minio(
            endpoint=parts.netloc.rpartition("@")[2], access_key=unquote(parts.username or ""), secret_key=unquote(parts.password or ""),
            secure=parts.scheme == "https", region=region, http_client=PoolManager(timeout=patience, retries=Retry(1)),
        )  # fmt: skip
