"""Loads a table into raw and trusted by the jobs themselves, audits it, and prints the audit's share of the load."""

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

from lake import Lake, figures
from pyspark.sql import SparkSession

from podlake_spark import audits
from podlake_spark.catalogue import parse_catalogue
from podlake_spark.session import SETTINGS

TABLE, SLOT = "bureau_balance", "20260105T090000Z"
MONTHS = 100


class LakeOnDisk(Lake):
    """The tests' lake with its tables in files: those of a benchmark are too large for memory."""

    def step(self, layer, slot, attempt, **content):
        locations = {name: f"file:{self.folder}/{name}" for name in ("trusted", "refined", "controle")}
        return super().step(layer, slot, attempt, locations=locations, **content)


def main() -> None:
    options = parse_options()
    catalogue = json.load(sys.stdin)
    with tempfile.TemporaryDirectory(prefix="podlake-bench-") as folder:
        spark = open_session(folder)
        lake = LakeOnDisk(spark, Path(folder))
        lake.catalogue = catalogue
        lake.drop_tables()
        print(f"writing {options.rows:,} rows of {TABLE} as CSV", file=sys.stderr)
        delivery = deliver(lake, options.rows)
        print("loading raw", file=sys.stderr)
        raw = lake.raw({TABLE: [delivery]}, SLOT)
        print("loading trusted", file=sys.stderr)
        trusted = lake.trusted(raw, SLOT)
        audit = time_audit(lake, options.rows)
        spark.stop()
    # The load's own figure has the audit in it.
    load = figures(raw, TABLE)["seconds"] + figures(trusted, TABLE)["seconds"] - audit
    trusted_alone = figures(trusted, TABLE)["seconds"] - audit
    result = {
        "rows": options.rows,
        "load_seconds": round(load, 1),
        "trusted_seconds": round(trusted_alone, 1),
        "audit_seconds": round(audit, 1),
        "audit_over_load": round(audit / load, 3),
        "audit_over_trusted": round(audit / trusted_alone, 3),
    }
    if options.json:
        print(json.dumps(result))
        return
    print(
        f"{options.rows:,} rows: loaded in {load:.1f} s (trusted alone {trusted_alone:.1f} s), audited in {audit:.1f} s"
    )
    print(f"audit / load {audit / load:.3f}, audit / trusted alone {audit / trusted_alone:.3f} (the limit is 0.333)")


def deliver(lake: Lake, rows: int) -> dict:
    """One file, each key once: credits of ``MONTHS`` months, every known state."""
    path = lake.folder / "bureau_balance.csv"
    with path.open("w", encoding="ascii") as file:
        file.write("SK_ID_BUREAU,MONTHS_BALANCE,STATUS\n")
        for first in range(0, rows, 100_000):
            last = min(rows, first + 100_000)
            file.writelines(
                f"{5_000_000 + n // MONTHS},{-(n % MONTHS)},{'012345CX'[n % 8]}\n" for n in range(first, last)
            )
    return {
        "id": 1,
        "uri": f"file:{path}",
        "landingKey": path.name,
        "arrival": "2026-01-05T08:00:00Z",
        "bytes": path.stat().st_size,
        "compression": "none",
        "columns": ["SK_ID_BUREAU", "MONTHS_BALANCE", "STATUS"],
    }


def time_audit(lake: Lake, rows_asked: int) -> float:
    table = parse_catalogue(json.dumps(lake.catalogue)).trusted_table(TABLE)
    rows = lake.spark.table(f"lake.trusted.{TABLE}.branch_run_{SLOT}").where("slot_atualizacao = '2026-01-05 09:00:00'")
    # Half of the credits have their parent: the other half is what the check has to find.
    parent = lake.spark.range(5_000_000, 5_000_000 + rows_asked // MONTHS, 2).toDF("sk_id_bureau")
    references = [check for check in table.checks if check["check"] == "foreign_key"]
    may_be_empty = [column.name for column in table.columns if column.nullable]
    begun = time.monotonic()
    findings, profile = audits.check_and_profile(
        rows, table.checks, tuple(column.name for column in table.key), may_be_empty
    )
    orphans = audits.foreign_keys([(TABLE, check, rows, [parent]) for check in references])
    seconds = time.monotonic() - begun
    if not findings or not all(finding.passed for finding in findings) or profile.rows != rows_asked:
        raise SystemExit(f"The audit of {profile.rows} good rows found {findings}.")
    if not 0.4 < orphans[TABLE][0].value < 0.6:
        raise SystemExit(f"Half of the rows lack their parent; the audit found {orphans}.")
    return seconds


def open_session(folder: str) -> SparkSession:
    builder = (
        SparkSession.builder.master("local[2]")
        .appName("podlake audit benchmark")
        .config("spark.jars", os.environ["PODLAKE_JARS"])
        .config("spark.driver.memory", "6g")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.ui.enabled", "false")
        .config("spark.local.dir", folder)
        .config("spark.sql.warehouse.dir", f"{folder}/warehouse")
        .config("spark.sql.shuffle.partitions", "8")
        .config("spark.sql.extensions", "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions")
        .config("spark.sql.catalog.lake", "org.apache.iceberg.spark.SparkCatalog")
        .config("spark.sql.catalog.lake.catalog-impl", "org.apache.iceberg.inmemory.InMemoryCatalog")
        .config("spark.sql.catalog.lake.io-impl", "org.apache.iceberg.hadoop.HadoopFileIO")
        .config("spark.sql.catalog.lake.warehouse", f"file:{folder}/lake")
    )
    for key, value in SETTINGS.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench:audit", description=__doc__)
    parser.add_argument("--rows", type=int, default=30_000_000, help="rows of the table (30,000,000)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser.parse_args()


if __name__ == "__main__":
    main()
