"""Position deletes as Spark writes them with merge-on-read, which pyiceberg itself reads but does not write."""

from __future__ import annotations

import uuid

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.manifest import (
    DataFile,
    DataFileContent,
    FileFormat,
    ManifestContent,
    ManifestEntry,
    ManifestEntryStatus,
    ManifestWriterV2,
    write_manifest_list,
)
from pyiceberg.table import Table
from pyiceberg.table.snapshots import Operation, Snapshot, Summary
from pyiceberg.table.update import AddSnapshotUpdate, AssertRefSnapshotId, SetSnapshotRefUpdate
from pyiceberg.typedef import Record

PATH_FIELD, POSITION_FIELD = 2147483546, 2147483545  # reserved by Iceberg's specification


class DeleteManifestWriter(ManifestWriterV2):
    def content(self) -> ManifestContent:
        return ManifestContent.DELETES

    @property
    def _meta(self) -> dict[str, str]:
        return {**super()._meta, "content": "deletes"}


def delete_positions(table: Table, positions: list[int]) -> None:
    """Removes these rows of a table of one file, by a commit that adds a delete file."""
    table.refresh()
    current = table.current_snapshot()
    (task,) = table.scan().plan_files()
    folder, snapshot_id = f"{table.location()}/metadata", uuid.uuid4().int >> 66
    delete_path = f"{table.location()}/data/{uuid.uuid4()}-deletes.parquet"
    schema = pa.schema(
        [
            pa.field("file_path", pa.string(), nullable=False, metadata={"PARQUET:field_id": str(PATH_FIELD)}),
            pa.field("pos", pa.int64(), nullable=False, metadata={"PARQUET:field_id": str(POSITION_FIELD)}),
        ]
    )
    rows = pa.table([[task.file.file_path] * len(positions), positions], schema=schema)
    with table.io.new_output(delete_path).create() as output:
        pq.write_table(rows, output)
    file = DataFile.from_args(
        content=DataFileContent.POSITION_DELETES,
        file_path=delete_path,
        file_format=FileFormat.PARQUET,
        partition=Record(),
        record_count=len(positions),
        file_size_in_bytes=len(table.io.new_input(delete_path)),
    )
    file.spec_id = table.spec().spec_id
    output = table.io.new_output(f"{folder}/{uuid.uuid4()}-m0.avro")
    with DeleteManifestWriter(table.spec(), table.schema(), output, snapshot_id, "deflate") as writer:
        writer.add_entry(
            ManifestEntry.from_args(status=ManifestEntryStatus.ADDED, snapshot_id=snapshot_id, data_file=file)
        )
    sequence = table.metadata.last_sequence_number + 1
    list_path = f"{folder}/snap-{snapshot_id}.avro"
    with write_manifest_list(
        2, table.io.new_output(list_path), snapshot_id, current.snapshot_id, sequence, "deflate"
    ) as listed:
        listed.add_manifests([writer.to_manifest_file(), *current.manifests(table.io)])
    snapshot = Snapshot(
        snapshot_id=snapshot_id,
        parent_snapshot_id=current.snapshot_id,
        sequence_number=sequence,
        timestamp_ms=current.timestamp_ms + 1000,
        manifest_list=list_path,
        summary=Summary(Operation.DELETE),
        schema_id=table.schema().schema_id,
    )
    moved = SetSnapshotRefUpdate(ref_name="main", type="branch", snapshot_id=snapshot_id)
    table.catalog.commit_table(
        table,
        (AssertRefSnapshotId(ref="main", snapshot_id=current.snapshot_id),),
        (AddSnapshotUpdate(snapshot=snapshot), moved),
    )
