"""Maintenance: fewer files, snapshots and references, and the same rows for everybody who reads."""

import json
import os
import time

import pytest
from lake import figures
from test_contract import faults

from podlake_spark import maintenance
from podlake_spark.catalogue import parse_catalogue
from podlake_spark.errors import JobError
from podlake_spark.iceberg import LakeTable
from podlake_spark.table_creation import create_namespace
from podlake_spark.trusted import create_trusted_table

HEADER = "SK_ID_CURR,TARGET,NAME_CONTRACT_TYPE,AMT_CREDIT,DAYS_EMPLOYED,EXT_SOURCE_1\n"
SLOTS = [f"202611{day:02d}T090000Z" for day in range(2, 9)]
TABLE = "trusted.application_train"
LONG_AFTER = "2099-01-01T00:00:00Z"


def maintain(lake, table=TABLE, **work):
    task = {
        "table": table,
        "dropBranches": [],
        "compactFrom": None,
        "dropTags": [],
        "expireBefore": None,
        "orphansBefore": None,
    }
    metrics = lake.step("maintenance", "20261115T070000Z", 3, tables=[{**task, **work}])
    return figures(metrics, table)


def write_small_files(lake):
    """Seven published slots of one table, each with files of its own: slot n adds client n and changes client n - 1."""
    definition = parse_catalogue(json.dumps(lake.catalogue)).trusted_table("application_train")
    create_namespace(lake.spark, "trusted")
    table = create_trusted_table(lake.spark, definition, "s3://podbank-trusted")
    for n, slot in enumerate(SLOTS, start=1):
        lake.spark.sql(
            f"insert into {TABLE} values ({n}, 0, 'a', 1.5, {n}, 0.{n}, timestamp_ntz '2026-11-0{n} 09:00:00', 'x.csv')"
        )
        if n > 1:
            lake.spark.sql(
                f"update {TABLE} set target = 1, name_contract_type = 'b', days_employed = null where sk_id_curr = {n - 1}"
            )
        lake.spark.sql(f"alter table {TABLE} create tag slot_{slot}")
    lake.published[TABLE] = table.main()


@pytest.fixture
def small_files(begun):
    return begun(write_small_files)


def rows_at(lake, snapshot="main"):
    """All rows, by Spark's own way of reading a version."""
    return sorted(map(repr, lake.rows(f"select * from {TABLE} version as of {version(snapshot)}")))


def version(snapshot):
    return snapshot if snapshot.isdigit() else f"'{snapshot}'"


def main(lake):
    return LakeTable(lake.spark, TABLE).main()


def expected(slots):
    """What the deliveries say: each client as the last slot that named it left it."""
    return [(n, 0, "a", n) if n == slots else (n, 1, "b", None) for n in range(1, slots + 1)]


def clients(lake, snapshot="main"):
    columns = "sk_id_curr, target, name_contract_type, days_employed"
    return lake.rows(f"select {columns} from {TABLE} version as of {version(snapshot)} order by 1")


def test_a_compaction_leaves_the_rows_in_fewer_files_and_every_tag_where_it_was(small_files):
    before, tags = rows_at(small_files), {slot: rows_at(small_files, f"slot_{slot}") for slot in SLOTS}
    published = small_files.published[TABLE]

    compaction = maintain(small_files, compactFrom=published)["compaction"]

    assert rows_at(small_files) == before
    assert clients(small_files) == expected(7)
    assert {slot: rows_at(small_files, f"slot_{slot}") for slot in SLOTS} == tags
    assert (compaction["from"], compaction["to"], compaction["rows"]) == (published, main(small_files), 7)
    files = small_files.rows(f"select count(*) from {TABLE}.all_files")[0][0]
    now = small_files.rows(f"select count(*), sum(record_count) from {TABLE}.files")
    assert now == [(compaction["filesAfter"], 7)]
    assert compaction["filesAfter"] < compaction["filesBefore"] < files
    # By Iceberg's own totals runs reckon how many rows a reader sees.
    assert LakeTable(small_files.spark, TABLE).live_rows(compaction["to"]) == 7
    assert faults("manifest", small_files.manifest("maintenance", "20261115T070000Z", 3)) == []


def test_the_next_run_builds_on_a_compaction_that_nobody_recorded(small_files):
    maintain(small_files, compactFrom=small_files.published[TABLE])
    compacted = main(small_files)

    # What the control database knows is the snapshot that was published, from before the compaction.
    text = HEADER + "8,0,a,1,8,\n7,1,b,1,,\n"
    trusted = small_files.fold("application_train", text, "20261116T090000Z")

    assert figures(trusted, "application_train")["snapshotFrom"] == compacted
    assert clients(small_files) == expected(8)


def test_a_second_compaction_changes_nothing(small_files):
    maintain(small_files, compactFrom=small_files.published[TABLE])
    compacted = main(small_files)

    assert maintain(small_files, compactFrom=small_files.published[TABLE])["compaction"] is None
    assert main(small_files) == compacted


def test_a_table_that_somebody_else_wrote_is_left_as_it_is(small_files):
    published = small_files.published[TABLE]
    small_files.spark.sql(f"delete from {TABLE} where sk_id_curr = 1")
    tampered = main(small_files)

    with pytest.raises(JobError, match=f"table {TABLE}: main is at {tampered}, which is not the published snapshot"):
        maintain(small_files, compactFrom=published)
    assert main(small_files) == tampered


def test_a_compaction_that_lost_a_row_is_taken_back(small_files, monkeypatch):
    published, rows = small_files.published[TABLE], rows_at(small_files)
    call = maintenance._call

    def losing(spark, procedure, table, arguments=""):
        found = call(spark, procedure, table, arguments)
        if procedure == "rewrite_data_files":
            spark.sql(f"update {table.identifier} set target = 0 where sk_id_curr = 3")
        return found

    monkeypatch.setattr(maintenance, "_call", losing)
    with pytest.raises(JobError, match="the compaction changed rows"):
        maintain(small_files, compactFrom=published)

    assert (main(small_files), rows_at(small_files)) == (published, rows)


def test_what_has_no_tag_any_more_goes_and_what_has_one_stays_readable(small_files):
    kept = {slot: rows_at(small_files, f"slot_{slot}") for slot in SLOTS[4:]}
    gone = [small_files.rows(f"select snapshot_id from {TABLE}.refs where name = 'slot_{s}'")[0][0] for s in SLOTS[:4]]
    tags = [f"slot_{slot}" for slot in SLOTS[:4]]

    done = maintain(small_files, dropTags=tags, expireBefore=LONG_AFTER)

    assert done["droppedTags"] == 4
    left = {row[0] for row in small_files.rows(f"select snapshot_id from {TABLE}.snapshots")}
    assert left.isdisjoint(gone)
    assert {slot: rows_at(small_files, f"slot_{slot}") for slot in SLOTS[4:]} == kept
    assert clients(small_files) == expected(7)
    assert maintain(small_files, dropTags=tags, expireBefore=LONG_AFTER)["droppedTags"] == 0


def test_the_files_that_only_expired_snapshots_named_leave_the_storage(small_files, tables):
    before = files(small_files)
    assert all(file in tables for file in before)

    tags = [f"slot_{slot}" for slot in SLOTS]
    maintain(small_files, compactFrom=small_files.published[TABLE], dropTags=tags, expireBefore=LONG_AFTER)

    # Each of the seven slots wrote a file of its own, and the compaction has written their rows anew.
    gone = before - files(small_files)
    assert len(gone) >= 7
    assert not any(file in tables for file in gone)
    assert all(file in tables for file in files(small_files))
    assert clients(small_files) == expected(7)


def test_a_backfill_that_plays_reads_and_writes_its_branch_after_the_tags_below_it_are_gone(small_files):
    small_files.spark.sql(f"alter table {TABLE} create branch backfill_7 as of version {tagged(small_files, SLOTS[2])}")
    small_files.spark.sql(f"insert into {TABLE}.branch_backfill_7 select * from {TABLE} where sk_id_curr = 7")
    before = rows_at(small_files, "backfill_7")

    maintain(small_files, dropTags=[f"slot_{slot}" for slot in SLOTS[:6]], expireBefore=LONG_AFTER)

    assert rows_at(small_files, "backfill_7") == before
    small_files.spark.sql(f"insert into {TABLE}.branch_backfill_7 select * from {TABLE} where sk_id_curr = 6")
    assert [row[0] for row in clients(small_files, "backfill_7")] == [1, 2, 3, 6, 7]
    assert clients(small_files) == expected(7)


def test_of_snapshots_without_a_tag_only_the_older_ones_go(small_files):
    instant = "date_format(committed_at, \"yyyy-MM-dd'T'HH:mm:ss.SSS'Z'\")"
    born = dict(small_files.rows(f"select snapshot_id, {instant} from {TABLE}.snapshots"))
    limit = born[int(tagged(small_files, SLOTS[3]))]

    tags = [f"slot_{slot}" for slot in SLOTS[:6]]
    maintain(small_files, dropTags=tags, expireBefore=limit)

    left = {row[0] for row in small_files.rows(f"select snapshot_id from {TABLE}.snapshots")}
    # The first one is the root, by which a table is known to be the same one.
    root = min(born, key=born.get)
    assert born.keys() - left == {snapshot for snapshot, at in born.items() if at < limit} - {root}


def files(lake):
    return {row[0] for row in lake.rows(f"select file_path from {TABLE}.all_files")}


def tagged(lake, slot):
    return str(lake.rows(f"select snapshot_id from {TABLE}.refs where name = 'slot_{slot}'")[0][0])


def test_a_snapshot_without_a_tag_stays_until_it_is_old_enough(small_files):
    tags = [f"slot_{slot}" for slot in SLOTS[:4]]
    before = small_files.rows(f"select count(*) from {TABLE}.snapshots")

    assert maintain(small_files, dropTags=tags, expireBefore="2020-01-01T00:00:00Z")["expiredSnapshots"] == 0
    assert small_files.rows(f"select count(*) from {TABLE}.snapshots") == before


def test_a_run_that_began_before_the_expiry_goes_on_after_it_and_publishes(small_files):
    slot = "20261116T090000Z"
    raw = small_files.raw({"application_train": [small_files.deliver(HEADER + "8,0,a,1,8,\n7,1,b,1,,\n")]}, slot)
    trusted = small_files.trusted(raw, slot)

    maintain(small_files, dropTags=[f"slot_{slot}" for slot in SLOTS[:6]], expireBefore=LONG_AFTER)

    small_files.publish(trusted, {"tables": []}, slot)
    assert clients(small_files) == expected(8)


def test_a_compaction_is_known_as_one_also_after_the_snapshots_between_have_had_time_to_expire(small_files):
    published = small_files.published[TABLE]
    maintain(small_files, compactFrom=published)
    for _ in range(2):  # A compaction of a compaction: its way to the publication is longer.
        small_files.spark.sql(
            f"call lake.system.rewrite_data_files(table => '{TABLE}', options => map('rewrite-all', 'true'))"
        )
    maintain(small_files, dropTags=[f"slot_{slot}" for slot in SLOTS[:6]], expireBefore=LONG_AFTER)
    compacted = main(small_files)

    trusted = small_files.fold("application_train", HEADER + "8,0,a,1,8,\n7,1,b,1,,\n", "20261116T090000Z")

    assert figures(trusted, "application_train")["snapshotFrom"] == compacted
    assert clients(small_files) == expected(8)


def test_a_table_without_tags_keeps_what_main_and_branches_stand_on(lake):
    create_namespace(lake.spark, "controle")
    lake.spark.sql("create table lake.controle.quarentena (id int) using iceberg")
    for n in range(1, 5):
        lake.spark.sql(f"insert into lake.controle.quarentena values ({n})")
        if n == 2:
            lake.spark.sql("alter table lake.controle.quarentena create branch backfill_7")
            lake.spark.sql("insert into lake.controle.quarentena.branch_backfill_7 values (9)")

    # Four inserts on main and one on the branch: the third on main is nobody's way, and the first one is kept as the root.
    assert maintain(lake, "controle.quarentena", expireBefore=LONG_AFTER)["expiredSnapshots"] == 1

    assert lake.rows("select id from lake.controle.quarentena order by 1") == [(1,), (2,), (3,), (4,)]
    assert lake.rows("select id from lake.controle.quarentena.branch_backfill_7 order by 1") == [(1,), (2,), (9,)]


def test_only_the_named_branches_are_dropped(small_files):
    for branch in ("run_20261110T090000Z", "backfill_7", "de_alguem"):
        small_files.spark.sql(f"alter table {TABLE} create branch {branch}")

    done = maintain(small_files, dropBranches=["run_20261110T090000Z", "run_20261111T090000Z"])

    assert done["droppedBranches"] == 1
    branches = small_files.rows(f"select name from {TABLE}.refs where type = 'BRANCH' order by 1")
    assert branches == [("backfill_7",), ("de_alguem",), ("main",)]


def test_a_table_that_is_not_there_yet_is_passed_over(lake):
    done = maintain(lake, "controle.quarentena", expireBefore=LONG_AFTER, orphansBefore="2020-01-01T00:00:00Z")
    assert done["expiredSnapshots"] == done["orphanFiles"] == 0


def test_a_file_that_no_snapshot_names_goes_once_it_is_a_week_old(spark, tmp_path):
    spark.conf.set("spark.sql.catalog.disk", "org.apache.iceberg.spark.SparkCatalog")
    spark.conf.set("spark.sql.catalog.disk.type", "hadoop")
    spark.conf.set("spark.sql.catalog.disk.warehouse", f"file:{tmp_path}")
    spark.sql("create table disk.trusted.clientes (id int) using iceberg")
    spark.sql("insert into disk.trusted.clientes values (1), (2)")
    spark.sql("alter table disk.trusted.clientes create branch run_20261110T090000Z")
    spark.sql("insert into disk.trusted.clientes.branch_run_20261110T090000Z values (3)")
    folder = tmp_path / "trusted" / "clientes" / "data"
    for name in ("morto.parquet", "de_quem_escreve.parquet"):
        (folder / name).write_bytes(b"x")
    # All but the last are old: those that snapshots and a branch name too.
    long_ago = time.time() - 10 * 86_400
    for path in folder.iterdir():
        if path.name != "de_quem_escreve.parquet":
            os.utime(path, (long_ago, long_ago))
    table = LakeTable(spark, "trusted.clientes")
    table.identifier = "disk.trusted.clientes"
    a_week_ago = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 7 * 86_400))

    assert maintenance.delete_orphans(spark, table, a_week_ago) == 1

    assert not (folder / "morto.parquet").exists()
    assert (folder / "de_quem_escreve.parquet").exists()
    rows = spark.sql("select id from disk.trusted.clientes.branch_run_20261110T090000Z order by 1").collect()
    assert [row[0] for row in rows] == [1, 2, 3]
