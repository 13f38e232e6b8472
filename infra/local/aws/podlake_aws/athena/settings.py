"""What the local Athena is told at its start."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    region: str
    s3_endpoint: str
    access_key: str
    secret_key: str
    glue_endpoint: str
    output: str | None  # the primary workgroup's output location, "s3://bucket/prefix/"
    concurrency: int  # queries that run at once; the others wait as QUEUED
    memory_limit: str  # of one query, as DuckDB writes it

    @staticmethod
    def read(config: dict, glue_endpoint: str) -> Settings:
        return Settings(
            region=config.get("region", "us-east-1"),
            s3_endpoint=config["s3Endpoint"],
            access_key=config["accessKey"],
            secret_key=config["secretKey"],
            glue_endpoint=glue_endpoint,
            output=config.get("athenaOutput"),
            concurrency=int(config.get("athenaConcurrency", 4)),
            memory_limit=config.get("athenaMemoryLimit", "4GB"),
        )

    @property
    def iceberg_properties(self) -> dict[str, str]:
        # Without a region the first load waits for the answer of an instance metadata service that is not there.
        return {
            "s3.endpoint": self.s3_endpoint,
            "s3.region": self.region,
            "s3.access-key-id": self.access_key,
            "s3.secret-access-key": self.secret_key,
            "s3.force-virtual-addressing": "false",
        }
