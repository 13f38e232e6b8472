"""Iceberg tables of the catalogue ``lake``: branches, snapshots and their summaries.

References and summaries are read through Iceberg's own API in the driver: no Spark job is spent on them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from podlake_spark.errors import JobError


@dataclass(frozen=True)
class TableColumn:
    name: str
    type: str
    comment: str


def table_columns(described: Iterable[Any]) -> list[TableColumn]:
    """The catalogue's columns of a table, trusted or refined, as Iceberg takes them."""
    return [TableColumn(column.name, column.type, column.description) for column in described]


@dataclass(frozen=True)
class Commit:
    """What one commit wrote, in Iceberg's own figures."""

    added_rows: int = 0
    deleted_rows: int = 0
    bytes: int = 0


class LakeTable:
    """One table, by its name in the lake (``trusted.bureau``). Every question is answered from fresh metadata."""

    def __init__(self, spark: SparkSession, name: str):
        self.name = name
        self.identifier = f"lake.{name}"
        self._spark = spark

    def exists(self) -> bool:
        return self._spark.catalog.tableExists(self.identifier)

    def branch_identifier(self, branch: str) -> str:
        return f"{self.identifier}.branch_{branch}"

    def snapshot(self, ref: str) -> str | None:
        """The snapshot that a branch or tag stands on; None without such a reference (or without any snapshot)."""
        found = self._table().refs().get(ref)
        return None if found is None else str(found.snapshotId())

    def main(self) -> str | None:
        return self.snapshot("main")

    def has_snapshot(self, snapshot: str) -> bool:
        return self._table().snapshot(int(snapshot)) is not None

    def summary(self, snapshot: str) -> dict[str, str]:
        return dict(self._table().snapshot(int(snapshot)).summary())

    def live_rows(self, snapshot: str) -> int:
        """Rows that a reader sees. A row is deleted by position at most once, so the totals can be subtracted."""
        summary = self.summary(snapshot)
        return int(summary.get("total-records", 0)) - int(summary.get("total-position-deletes", 0))

    def commit(self, snapshot: str) -> Commit:
        summary = self.summary(snapshot)

        def figure(name: str) -> int:
            return int(summary.get(name, 0))

        # A file that had deletes already gets its old ones written again beside the new: what left is subtracted.
        deletes = figure("added-position-deletes") - figure("removed-position-deletes")
        return Commit(
            added_rows=figure("added-records"),
            deleted_rows=deletes + figure("deleted-records"),
            bytes=figure("added-files-size"),
        )

    def is_first(self, snapshot: str) -> bool:
        """Whether this is the empty snapshot that ``create_table`` begins every table with."""
        found = self._table().snapshot(int(snapshot))
        return found is not None and found.parentId() is None and self.live_rows(snapshot) == 0

    def has_files(self, partition: dict[str, str], ref: str = "main") -> bool:
        """Whether the reference holds data in the partition; asked of the metadata, without a Spark job."""
        expressions = self._spark._jvm.org.apache.iceberg.expressions.Expressions
        scan = self._table().newScan().useRef(ref)
        for name, value in partition.items():
            scan = scan.filter(expressions.equal(name, value))
        files = scan.planFiles()
        try:
            return files.iterator().hasNext()
        finally:
            files.close()

    def base_snapshot(self, base: str | None) -> str:
        """The snapshot on which a slot builds: the manifest's base.

        ``base`` is None for a table that had no publication yet: then main must still be the empty first snapshot.
        """
        if base is None:
            main = self.main()
            if main is None or not self.is_first(main):
                raise JobError(f"{self.name} has no publication by the manifest, but its main already holds data.")
            return main
        if not self.has_snapshot(base):
            raise JobError(f"{self.name} has no snapshot {base}, on which this slot has to build.")
        # A branch that did not begin at main could not be published: main does not go back to before a compaction.
        main = self.main()
        return main if self.carries(main, base) else base

    def carries(self, snapshot: str | None, published: str | None) -> bool:
        """Whether a snapshot has the rows of a published one: it is that, or only compactions lie between.

        Iceberg marks a commit that changes files and no rows by the operation ``replace``.
        """
        table = self._table()
        at = None if snapshot is None else table.snapshot(int(snapshot))
        while at is not None and str(at.snapshotId()) != published:
            if at.operation() != "replace" or at.parentId() is None:
                return False
            at = table.snapshot(at.parentId())
        return at is not None

    def file_count(self, snapshot: str) -> int:
        """Data and delete files of a snapshot."""
        summary = self.summary(snapshot)
        return int(summary.get("total-data-files", 0)) + int(summary.get("total-delete-files", 0))

    def set_main(self, snapshot: str) -> None:
        self._table().manageSnapshots().replaceBranch("main", int(snapshot)).commit()

    def unnamed_snapshots(self) -> dict[str, int]:
        """Snapshots that nothing needs, with their time in milliseconds.

        Needed is what a reference stands on, and the way from main to a tagged snapshot, by which it is told that only
        compactions lie between; of any other branch the way to main's, by which it is told that it descends from it. The
        empty first snapshot, on which a table is played again from its beginning, keeps no file.
        """
        table = self._table()
        references = {name: table.refs().get(name) for name in table.refs()}
        tagged = {reference.snapshotId() for reference in references.values() if reference.isTag()}
        mains = self._way(table, references["main"].snapshotId()) if "main" in references else []
        needed = {reference.snapshotId() for reference in references.values()}
        needed |= {snapshot.snapshotId() for snapshot in table.snapshots() if snapshot.parentId() is None}
        if not tagged.isdisjoint(mains):
            needed |= _until(mains, tagged)
        for reference in references.values():
            if reference.isBranch():
                needed |= _until(self._way(table, reference.snapshotId()), tagged | set(mains))
        found = {snapshot.snapshotId(): snapshot.timestampMillis() for snapshot in table.snapshots()}
        return {str(snapshot): born for snapshot, born in found.items() if snapshot not in needed}

    def _way(self, table, snapshot: int) -> list[int]:
        """A snapshot and those that it descends from, as far as they are there."""
        way = []
        at = table.snapshot(snapshot)
        while at is not None:
            way.append(at.snapshotId())
            at = None if at.parentId() is None else table.snapshot(at.parentId())
        return way

    def restart_branch(self, branch: str, base: str | None) -> str:
        """Puts the run's branch on the base, whatever an earlier try left there; returns the base's snapshot."""
        base = self.base_snapshot(base)
        refs = self._table().manageSnapshots()
        if self.snapshot(branch) is None:
            refs.createBranch(branch, int(base)).commit()
        elif self.snapshot(branch) != base:
            refs.replaceBranch(branch, int(base)).commit()
        return base

    def drop_branch(self, branch: str) -> None:
        if self.snapshot(branch) is not None:
            self._table().manageSnapshots().removeBranch(branch).commit()

    def drop_branches(self, branches: Iterable[str]) -> int:
        """How many of them were there."""
        there = [branch for branch in branches if self.snapshot(branch) is not None]
        for branch in there:
            self.drop_branch(branch)
        return len(there)

    def drop_tags(self, tags: Iterable[str]) -> int:
        """All in one commit; how many of them were there."""
        there = [tag for tag in tags if self.snapshot(tag) is not None]
        if there:
            references = self._table().manageSnapshots()
            for tag in there:
                references = references.removeTag(tag)
            references.commit()
        return len(there)

    def move_main(self, branch: str, tag: str) -> None:
        """Main to the branch's snapshot, the tag there, the branch away: one commit, so that none is seen alone.

        Iceberg refuses a branch that does not descend from main, which is the last fence against a second writer.
        """
        target = int(self.snapshot(branch))
        refs = self._table().manageSnapshots().fastForwardBranch("main", branch)
        self._with_tag(refs, tag, target).removeBranch(branch).commit()

    def tag_main(self, branch: str, tag: str) -> None:
        """The tag on main's snapshot and the branch away; no commit when both are so already."""
        main = self.main()
        tag_stands = self.snapshot(tag) == main
        branch_gone = self.snapshot(branch) is None
        if tag_stands and branch_gone:
            return
        refs = self._table().manageSnapshots()
        if not tag_stands:
            refs = self._with_tag(refs, tag, int(main))
        if not branch_gone:
            refs = refs.removeBranch(branch)
        refs.commit()

    def put_branch(self, branch: str, snapshot: str | None) -> str:
        """Puts the branch on a snapshot, wherever it was, or None: on the table without any row; returns its head."""
        start = snapshot or self._empty_snapshot()
        head = self.restart_branch(branch, start or self.main())
        if start is None:
            # The empty first snapshot expired long ago: all rows leave the branch, which writes no data file.
            self._spark.sql(f"delete from {self.branch_identifier(branch)}")
            head = self.snapshot(branch)
        return head

    def _empty_snapshot(self) -> str | None:
        roots = [str(one.snapshotId()) for one in self._table().snapshots() if one.parentId() is None]
        return next((one for one in roots if self.live_rows(one) == 0), None)

    def switch_main(self, expected: str | None, target: str, tags: dict[str, str], branch: str) -> None:
        """Main from the expected snapshot to another, which need not descend from it; the tags put, the branch away.

        One commit on the metadata that was read, never tried again on newer one: with a second writer between, Iceberg
        refuses it, and nothing of that writer is lost.
        """
        iceberg = self._spark._jvm.org.apache.iceberg
        operations = self._table().operations()
        base = operations.current()
        current = base.currentSnapshot()
        if (None if current is None else str(current.snapshotId())) != expected:
            raise _written_meanwhile(expected)
        if not self.has_snapshot(target):
            raise JobError(f"{self.name} has no snapshot {target}, to which the plan moves it.")
        changed = iceberg.TableMetadata.buildFrom(base).setBranchSnapshot(int(target), "main")
        for tag, snapshot in tags.items():
            changed = changed.setRef(tag, iceberg.SnapshotRef.tagBuilder(int(snapshot)).build())
        if self.snapshot(branch) is not None:
            changed = changed.removeRef(branch)
        try:
            operations.commit(base, changed.build())
        except Py4JJavaError as error:
            if error.java_exception.getClass().getSimpleName() != "CommitFailedException":
                raise
            raise _written_meanwhile(expected) from error

    def begin(self) -> None:
        """Gives main its empty first snapshot, so that there is always a base to branch from and to descend from."""
        if self.main() is None:
            self._table().newFastAppend().commit()

    def rows_at(self, snapshot: str, columns: list[TableColumn]) -> DataFrame:
        """The rows at a snapshot under the columns of today: one that was gained since is null, one that was widened
        since is converted. (A read of a snapshot shows the schema of its time.)
        """
        rows = self._spark.read.option("snapshot-id", snapshot).table(self.identifier)
        there = set(rows.columns)
        return rows.select(
            *[(F.col(c.name) if c.name in there else F.lit(None)).cast(c.type).alias(c.name) for c in columns]
        )

    def columns(self) -> dict[str, str]:
        return {field.name: field.dataType.simpleString() for field in self._spark.table(self.identifier).schema}

    def _with_tag(self, refs, tag: str, snapshot: int):
        known = self.snapshot(tag)
        if known is None:
            return refs.createTag(tag, snapshot)
        return refs if known == str(snapshot) else refs.replaceTag(tag, snapshot)

    def _table(self):
        table = self._spark._jvm.org.apache.iceberg.spark.Spark3Util.loadIcebergTable(
            self._spark._jsparkSession, self.identifier
        )
        table.refresh()
        return table


def _written_meanwhile(expected: str | None) -> JobError:
    return JobError(
        f"somebody else wrote this table while main was about to move away from {expected}: it was left as they wrote it. "
        "If that was a compaction, the next run completes the publication; else look at the table's history."
    )


def _until(way: list[int], places: set[int]) -> set[int]:
    """The beginning of a way up to the first of these places; all of it when it comes to none."""
    end = next((index for index, snapshot in enumerate(way) if snapshot in places), len(way))
    return set(way[: end + 1])
