"""Access to the objects of the lake, by boto3 for whole objects and by pyarrow for columns of Parquet files."""

from __future__ import annotations

import functools
from urllib.parse import urlsplit

import boto3
import pyarrow.fs
from botocore.config import Config

from .settings import Settings


class Storage:
    def __init__(self, settings: Settings):
        self._settings = settings
        self._s3 = boto3.client(
            "s3",
            endpoint_url=settings.s3_endpoint,
            region_name=settings.region,
            aws_access_key_id=settings.access_key,
            aws_secret_access_key=settings.secret_key,
            config=Config(s3={"addressing_style": "path"}, max_pool_connections=32),
        )

    @functools.cached_property
    def columns(self) -> pyarrow.fs.S3FileSystem:
        endpoint = urlsplit(self._settings.s3_endpoint)
        return pyarrow.fs.S3FileSystem(
            access_key=self._settings.access_key,
            secret_key=self._settings.secret_key,
            region=self._settings.region,
            scheme=endpoint.scheme,
            endpoint_override=endpoint.netloc,
            force_virtual_addressing=False,
        )

    def get(self, uri: str) -> bytes:
        bucket, key = split(uri)
        return self._s3.get_object(Bucket=bucket, Key=key)["Body"].read()

    def put(self, uri: str, body: bytes, content_type: str) -> None:
        bucket, key = split(uri)
        self._s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType=content_type)

    def list(self, prefix_uri: str) -> list[tuple[str, int]]:
        """(uri, bytes) of the data objects under a table's location. Names that begin with `_` or `.` are hidden."""
        bucket, key = split(prefix_uri)
        prefix = key if key.endswith("/") or not key else key + "/"
        found = []
        for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for item in page.get("Contents", []):
                name = item["Key"].rsplit("/", 1)[-1]
                if item["Size"] and name and name[0] not in "_.":
                    found.append((f"s3://{bucket}/{item['Key']}", item["Size"]))
        return found


def split(uri: str) -> tuple[str, str]:
    """`s3://bucket/a/b` as (`bucket`, `a/b`)."""
    parts = urlsplit(uri, allow_fragments=False)
    if parts.scheme not in ("s3", "s3a", "s3n") or not parts.netloc:
        raise ValueError(f"not an S3 location: {uri}")
    path = parts.path.lstrip("/") + (f"?{parts.query}" if parts.query else "")
    return parts.netloc, path
