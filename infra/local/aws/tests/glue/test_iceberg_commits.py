"""Iceberg's own client commits side by side: what was acknowledged is in the table."""

import multiprocessing
from typing import Any

import pyarrow as pa
from endpoint_process import ACCESS_KEY, REGION, SECRET_KEY, Endpoint
from pyiceberg.catalog import Catalog, load_catalog
from pyiceberg.exceptions import CommitFailedException

WRITERS = 4
APPENDS = 10
TRIES = 60


def lake(glue: str, s3: str) -> Catalog:
    return load_catalog(
        "lake",
        **{
            "type": "glue", "glue.endpoint": glue, "glue.region": REGION,
            "glue.access-key-id": ACCESS_KEY, "glue.secret-access-key": SECRET_KEY,
            "s3.endpoint": s3, "s3.region": REGION,
            "s3.access-key-id": ACCESS_KEY, "s3.secret-access-key": SECRET_KEY,
        },
    )  # fmt: skip


def append_rows(task: tuple[str, str, int]) -> tuple[list[int], int]:
    """Appends its rows one by one; returns those acknowledged and how often it lost to another writer."""
    glue, s3, writer = task
    catalog = lake(glue, s3)
    acknowledged: list[int] = []
    lost = 0
    for number in range(APPENDS):
        row = writer * 100 + number
        for _ in range(TRIES):
            try:
                catalog.load_table("side.by_side").append(pa.table({"x": [row]}))
            except CommitFailedException:
                lost += 1
                continue
            acknowledged.append(row)
            break
    return acknowledged, lost


def test_forty_commits_side_by_side_are_all_kept(lasting_endpoint: Endpoint, versitygw: str) -> None:
    catalog: Any = lake(lasting_endpoint.url, versitygw)
    catalog.create_namespace("side")
    catalog.create_table("side.by_side", pa.schema([("x", pa.int64())]), location="s3://lake/side/by_side")

    tasks = [(lasting_endpoint.url, versitygw, writer) for writer in range(WRITERS)]
    with multiprocessing.get_context("spawn").Pool(WRITERS) as pool:
        done = pool.map(append_rows, tasks)

    acknowledged = sorted(row for rows, _ in done for row in rows)
    assert acknowledged == [writer * 100 + number for writer in range(WRITERS) for number in range(APPENDS)]
    kept = catalog.load_table("side.by_side").scan().to_arrow().column("x").to_pylist()
    assert sorted(kept) == acknowledged
    # else the writers never met, and nothing was proved
    assert sum(lost for _, lost in done) > 0
