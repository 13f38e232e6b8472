"""Publish: main moves to what the run wrote, table by table, by the plan; whoever comes later can complete it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pyspark.sql import SparkSession

from podlake_spark.errors import JobError
from podlake_spark.iceberg import LakeTable
from podlake_spark.manifest import Manifest, PublishTask
from podlake_spark.quarantine import Quarantine, Resolutions


class PublishLayer:
    def __init__(self, spark: SparkSession, manifest: Manifest):
        self._spark = spark
        self._manifest = manifest

    @contextmanager
    def ready(self) -> Iterator[None]:
        """After the tables of a backfill its rows of quarantine are seen, and its branches are gone."""
        yield
        switch = self._manifest.switch
        if switch is None:
            return
        for name in switch.unmoved:
            table = LakeTable(self._spark, name)
            if table.exists():
                table.drop_branch(self._manifest.branch)
        for rows in (Quarantine(self._spark, self._manifest), Resolutions(self._spark, self._manifest)):
            rows.adopt(switch.quarantine)

    def load(self, task: PublishTask) -> dict[str, Any]:
        """Moves one table, or finds it moved. A table moves only from the planned snapshot to the planned one."""
        table = LakeTable(self._spark, task.table)
        if not table.exists():
            raise JobError("the plan names this table, but it is not in the lake.")
        branch, tag = self._manifest.branch, self._manifest.tag
        main, head = table.main(), table.snapshot(branch)
        moved = main != task.to_snapshot
        if moved:
            self._check(table, task, main, head)
        if self._manifest.switch is not None:
            if moved or head is not None:
                table.switch_main(main, task.to_snapshot, self._manifest.switch.tags.get(task.table, {}), branch)
        elif moved:
            table.move_main(branch, tag)
        else:
            table.tag_main(branch, tag)
        if table.main() != task.to_snapshot:
            raise JobError(f"main is at {table.main()} after the move to {task.to_snapshot}.")
        return {"from": task.from_snapshot, "to": task.to_snapshot, "moved": moved}

    def _check(self, table: LakeTable, task: PublishTask, main: str | None, head: str | None) -> None:
        new_table = task.from_snapshot is None and (main is None or table.is_first(main))
        if not new_table and not table.carries(main, task.from_snapshot):
            raise JobError(
                f"main is at {main}, neither at {task.from_snapshot}, from which the plan moves it, nor at "
                f"{task.to_snapshot}, where it should be. Somebody else wrote this table: look at its history."
            )
        if head != task.to_snapshot:
            raise JobError(f"branch {self._manifest.branch} is at {head}, the plan says {task.to_snapshot}.")
