"""Maintenance: the files, snapshots and references of the tables. No row changes: what readers see before, they see after.

Iceberg's own procedures do the work; here is decided what they may touch. The step runs while the lake is held, so that no
run writes beside it. A backfill and a verification may: what they read has a reference, or is younger than what goes.

A compaction writes on main, because Iceberg rewrites files there and nowhere else. It needs no plan, for each of its commits
is whole by itself: the same rows under another snapshot, of the operation ``replace``. So whoever builds on a published
snapshot builds as well on a main that only such commits parted from it (``LakeTable.carries``), and a compaction that dies
after any commit, recorded in the control database or not, leaves nothing that somebody has to complete.
"""

from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timezone
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from podlake_spark.errors import JobError
from podlake_spark.iceberg import LakeTable
from podlake_spark.manifest import MaintenanceTask

# Files of a bucket or partition are put together from so many on; one with deletes is written anew in any case.
MIN_FILES = 5


class MaintenanceLayer:
    def __init__(self, spark: SparkSession):
        self._spark = spark

    def ready(self) -> AbstractContextManager[None]:
        return nullcontext()

    def load(self, task: MaintenanceTask) -> dict[str, Any]:
        """The order matters: what is compacted and untagged here leaves snapshots and files that go here."""
        table = LakeTable(self._spark, task.table)
        figures = {"droppedBranches": 0, "droppedTags": 0, "expiredSnapshots": 0, "orphanFiles": 0, "compaction": None}
        if not table.exists():
            return figures
        figures["droppedBranches"] = table.drop_branches(task.drop_branches)
        if task.compact_from is not None:
            figures["compaction"] = self._compact(table, task.compact_from)
        figures["droppedTags"] = table.drop_tags(task.drop_tags)
        if task.expire_before is not None:
            figures["expiredSnapshots"] = self._expire(table, task.expire_before)
        if task.orphans_before is not None:
            figures["orphanFiles"] = delete_orphans(self._spark, table, task.orphans_before)
        return figures

    def _compact(self, table: LakeTable, published: str) -> dict[str, Any] | None:
        """Writes main anew in fewer files and checks its rows; None if there was nothing to gain."""
        before = table.main()
        if not table.carries(before, published):
            raise JobError(
                f"main is at {before}, which is not the published snapshot {published} with other files: somebody else "
                "wrote this table. It was left as it is; look at its history."
            )
        rows, files = self._content(table, before), table.file_count(before)
        self._call(
            "rewrite_data_files",
            table,
            "options => map("
            f"'min-input-files', '{MIN_FILES}', 'delete-file-threshold', '1', 'remove-dangling-deletes', 'true')",
        )
        # All of them: one that refers to a file that is gone would count as a deleted row (``LakeTable.live_rows``).
        self._call("rewrite_position_delete_files", table, "options => map('rewrite-all', 'true')")
        self._call("rewrite_manifests", table)
        after = table.main()
        if after == before:
            return None
        same = self._content(table, after) == rows and table.live_rows(after) == rows[0]
        if not same or not table.carries(after, before):
            table.set_main(before)
            raise JobError(
                f"the compaction changed rows: at snapshot {before} there were {rows[0]}, at {after} it is another "
                f"content. Main was put back to {before}; {after} stays for a look at it until it expires."
            )
        return {
            "from": before,
            "to": after,
            "rows": rows[0],
            "filesBefore": files,
            "filesAfter": table.file_count(after),
        }

    def _content(self, table: LakeTable, snapshot: str) -> tuple[int, Any]:
        """How many rows there are, and a sum over all their values that no order of rows and files changes."""
        rows = self._spark.read.option("snapshot-id", snapshot).table(table.identifier)
        found = rows.select(_row_hash(rows).alias("hash")).agg(F.count("*"), F.sum("hash")).first()
        return found[0], found[1]

    def _expire(self, table: LakeTable, before: str) -> int:
        """Snapshots that no reference needs. By their numbers, not by age: Iceberg would count by age also the way from
        main to the newest tag, by which a compaction is known to be one.
        """
        old = [snapshot for snapshot, born in table.unnamed_snapshots().items() if born < _milliseconds(before)]
        if not old:
            return 0
        ids = ", ".join(f"{snapshot}L" for snapshot in old)
        self._call("expire_snapshots", table, f"snapshot_ids => array({ids}), older_than => timestamp '1970-01-01'")
        return len([snapshot for snapshot in old if not table.has_snapshot(snapshot)])

    def _call(self, procedure: str, table: LakeTable, arguments: str = "") -> DataFrame:
        return _call(self._spark, procedure, table, arguments)


def delete_orphans(spark: SparkSession, table: LakeTable, before: str) -> int:
    """Deletes the files of the table's folder that no snapshot names and that are older than an instant; how many."""
    # The procedure reads an instant in the session's time zone, which is UTC.
    instant = before.removesuffix("Z").replace("T", " ")
    # Iceberg writes s3://, and a listing may answer in the words of the file system below it.
    schemes = "equal_schemes => map('s3a,s3n', 's3')"
    return _call(spark, "remove_orphan_files", table, f"older_than => timestamp '{instant}', {schemes}").count()


def _call(spark: SparkSession, procedure: str, table: LakeTable, arguments: str = "") -> DataFrame:
    catalogue, name = table.identifier.split(".", 1)
    return spark.sql(f"call {catalogue}.system.{procedure}(table => '{name}'{', ' if arguments else ''}{arguments})")


def _row_hash(rows: DataFrame):
    """64 bits over all values of a row, wide enough to be added up over any number of rows."""
    return F.xxhash64(*[F.col(name) for name in rows.columns]).cast("decimal(38,0)")


def _milliseconds(instant: str) -> int:
    parsed = datetime.fromisoformat(instant.replace("Z", "+00:00"))
    return int(parsed.astimezone(timezone.utc).timestamp() * 1000)
