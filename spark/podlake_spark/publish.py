"""Publish: main moves to what the run wrote, table by table, by the plan; whoever comes later can complete it."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from pyspark.sql import SparkSession

from podlake_spark.errors import JobError
from podlake_spark.iceberg import LakeTable
from podlake_spark.manifest import Manifest, PublishTask


class PublishLayer:
    def __init__(self, spark: SparkSession, manifest: Manifest):
        self._spark = spark
        self._manifest = manifest

    def ready(self) -> AbstractContextManager[None]:
        return nullcontext()

    def load(self, task: PublishTask) -> dict[str, Any]:
        """Moves one table, or finds it moved. A table moves only from the planned snapshot to the planned one."""
        table = LakeTable(self._spark, task.table)
        if not table.exists():
            raise JobError("the plan names this table, but it is not in the lake.")
        branch, tag = self._manifest.branch, self._manifest.tag
        main, head = table.main(), table.snapshot(branch)
        if main == task.to_snapshot:
            table.tag_main(branch, tag)
            moved = False
        else:
            self._check(table, task, main, head)
            table.move_main(branch, tag)
            moved = True
        if table.main() != task.to_snapshot:
            raise JobError(f"main is at {table.main()} after the move to {task.to_snapshot}.")
        return {"from": task.from_snapshot, "to": task.to_snapshot, "moved": moved}

    def _check(self, table: LakeTable, task: PublishTask, main: str | None, head: str | None) -> None:
        new_table = task.from_snapshot is None and (main is None or table.is_first(main))
        if main != task.from_snapshot and not new_table:
            raise JobError(
                f"main is at {main}, neither at {task.from_snapshot}, from which the plan moves it, nor at "
                f"{task.to_snapshot}, where it should be. Somebody else wrote this table: look at its history."
            )
        if head != task.to_snapshot:
            raise JobError(f"branch {self._manifest.branch} is at {head}, the plan says {task.to_snapshot}.")
