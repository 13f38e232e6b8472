"""A step's logs, gzipped under the cluster's LogUri where EMR puts them."""

import gzip
import logging
from pathlib import Path
from urllib.parse import urlparse

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from ..configuration import Configuration

log = logging.getLogger("podlake_aws.emr")

NAMES = ("controller", "stdout", "stderr")


def steps_prefix(log_uri: str, cluster_id: str, step_id: str) -> str:
    """`<log uri>/<cluster>/steps/<step>/`, with the s3:// that S3 clients know (EMR shows s3n:// at times)."""
    base = log_uri.rstrip("/").replace("s3n://", "s3://", 1).replace("s3a://", "s3://", 1)
    return f"{base}/{cluster_id}/steps/{step_id}/"


class LogStore:
    def __init__(self, configuration: Configuration) -> None:
        self.client = boto3.client(
            "s3",
            endpoint_url=configuration.s3_endpoint,
            region_name=configuration.region,
            aws_access_key_id=configuration.access_key,
            aws_secret_access_key=configuration.secret_key,
            config=Config(
                s3={"addressing_style": "path"},
                connect_timeout=5,
                read_timeout=30,
                retries={"mode": "standard", "total_max_attempts": 4},
            ),
        )

    def put(self, prefix: str, folder: Path) -> bool:
        """Uploads what there is of the logs; says whether all of it arrived. A step never fails for its logs."""
        place = urlparse(prefix)
        try:
            for name in NAMES:
                source = folder / name
                if source.exists():
                    self.client.put_object(
                        Bucket=place.netloc,
                        Key=f"{place.path.lstrip('/')}{name}.gz",
                        Body=gzip.compress(source.read_bytes(), mtime=0),
                        ContentType="application/gzip",
                    )
        except (BotoCoreError, ClientError, OSError) as error:
            log.warning("the logs in %s could not be put to %s: %s", folder, prefix, error)
            return False
        return True
