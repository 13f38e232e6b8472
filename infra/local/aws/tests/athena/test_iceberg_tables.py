"""Iceberg tables read through Glue: values, pruning, evolution of schemas, deletes, time travel."""

import datetime
import time
from decimal import Decimal

import pyarrow as pa
import pytest
from position_deletes import delete_positions
from pyiceberg.types import LongType, StringType

CLIENTES = pa.table(
    {
        "id": pa.array([1, 2, 3], pa.int64()),
        "nome": pa.array(["Ana", 'Bia "B", filha', None]),
        "renda": pa.array([Decimal("1000.500"), None, Decimal("-2.125")], pa.decimal128(18, 3)),
        "nascida": pa.array([datetime.date(2000, 2, 29), None, None]),
        "visto": pa.array([datetime.datetime(2026, 1, 5, 9), None, datetime.datetime(2026, 1, 5, 9, 0, 0, 123456)]),
        "ativa": pa.array([True, False, None]),
        "nota": pa.array([0.1, None, 12345678.9]),
        "faixa": pa.array([7, None, -1], pa.int32()),
    }
).cast(
    pa.schema(
        [
            ("id", pa.int64()),
            ("nome", pa.string()),
            ("renda", pa.decimal128(18, 3)),
            ("nascida", pa.date32()),
            ("visto", pa.timestamp("us")),
            ("ativa", pa.bool_()),
            ("nota", pa.float64()),
            ("faixa", pa.int32()),
        ]
    )
)


def test_every_type_is_written_as_athena_writes_it(lake, athena):
    lake.table("clientes", CLIENTES)
    assert athena.types("SELECT * FROM clientes") == [
        "bigint", "varchar", "decimal(18,3)", "date", "timestamp", "boolean", "double", "integer",
    ]  # fmt: skip
    assert athena.rows("SELECT * FROM clientes ORDER BY id") == [
        ["id", "nome", "renda", "nascida", "visto", "ativa", "nota", "faixa"],
        ["1", "Ana", "1000.500", "2000-02-29", "2026-01-05 09:00:00.000", "true", "0.1", "7"],
        ["2", 'Bia "B", filha', None, None, None, "false", None, None],
        ["3", None, "-2.125", None, "2026-01-05 09:00:00.123456", None, "1.23456789E7", "-1"],
    ]


def test_a_table_without_a_snapshot_has_no_rows(lake, athena):
    lake.catalog().create_table(f"{lake.database}.vazia", schema=CLIENTES.schema, location=f"{lake.location}/vazia")
    assert athena.rows("SELECT count(*) AS n, max(id) AS m FROM vazia") == [["n", "m"], ["0", None]]


def test_only_the_columns_and_files_that_a_query_needs_are_scanned(lake, athena):
    table = lake.table("eventos", pa.table({"id": pa.array(range(1000), pa.int64()), "texto": ["x" * 50] * 1000}))
    table.append(pa.table({"id": pa.array(range(1000, 2000), pa.int64()), "texto": ["y" * 50] * 1000}))
    sizes = [file.file_size_in_bytes for file in (task.file for task in table.scan().plan_files())]

    def scanned(sql: str) -> int:
        return athena.run(sql)["Statistics"]["DataScannedInBytes"]

    whole, narrow = scanned("SELECT * FROM eventos"), scanned("SELECT sum(id) FROM eventos")
    assert 0 < narrow < whole <= sum(sizes)
    assert scanned("SELECT sum(id) FROM eventos WHERE id >= 1500") < narrow
    assert scanned("SELECT count(*) FROM eventos") == 0
    assert athena.rows("SELECT count(*) FROM eventos WHERE id BETWEEN 990 AND 1009")[1:] == [["20"]]


def test_a_condition_on_a_join_never_loses_rows_of_the_other_side(lake, athena):
    lake.table("a", pa.table({"id": pa.array([1, 2], pa.int64())}))
    lake.table("b", pa.table({"id": pa.array([2, 3], pa.int64()), "v": pa.array([20, 30], pa.int64())}))
    sql = "SELECT a.id, b.v FROM a LEFT JOIN b ON a.id = b.id {} ORDER BY 1"
    assert athena.rows(sql.format("AND b.v > 20"))[1:] == [["1", None], ["2", None]]
    assert athena.rows(sql.format("WHERE b.v = 20"))[1:] == [["2", "20"]]
    assert athena.rows(sql.format("WHERE b.v IS NULL"))[1:] == [["1", None]]


def test_rows_written_before_a_column_was_added_or_renamed_are_read_by_field(lake, athena):
    table = lake.table("evolui", pa.table({"id": pa.array([1], pa.int64()), "velho": ["a"]}))
    with table.update_schema() as update:
        update.rename_column("velho", "novo")
        update.add_column("extra", LongType())
    table.append(pa.table({"id": pa.array([2], pa.int64()), "novo": ["b"], "extra": pa.array([5], pa.int64())}))
    assert athena.rows("SELECT id, novo, extra FROM evolui ORDER BY id")[1:] == [["1", "a", None], ["2", "b", "5"]]
    assert athena.rows("SELECT id FROM evolui WHERE novo = 'a'")[1:] == [["1"]]
    first = table.history()[0].snapshot_id
    past = f"SELECT * FROM evolui FOR VERSION AS OF {first} WHERE velho = 'a'"
    assert athena.rows(past) == [["id", "velho"], ["1", "a"]]


def test_rows_removed_by_position_deletes_are_not_seen(lake, athena):
    table = lake.table("apaga", pa.table({"id": pa.array([10, 11, 12, 13], pa.int64()), "v": ["a", "b", "c", "d"]}))
    delete_positions(table, [1, 3])
    assert athena.rows("SELECT id, v FROM apaga ORDER BY id")[1:] == [["10", "a"], ["12", "c"]]
    assert athena.rows("SELECT count(*) FROM apaga")[1:] == [["2"]]
    assert athena.rows("SELECT v FROM apaga WHERE id IN (11, 12)")[1:] == [["c"]]
    table.refresh()
    with table.update_schema() as update:
        update.add_column("nova", StringType())
    assert athena.rows("SELECT id, nova FROM apaga WHERE nova IS NULL ORDER BY id")[1:] == [["10", None], ["12", None]]
    assert athena.rows("SELECT count(*) FROM apaga WHERE nova = 'x'")[1:] == [["0"]]


def test_a_new_commit_is_seen_by_the_next_query(lake, athena):
    table = lake.table("cresce", pa.table({"id": pa.array([1], pa.int64())}))
    assert athena.rows("SELECT count(*) FROM cresce")[1:] == [["1"]]
    table.append(pa.table({"id": pa.array([2], pa.int64())}))
    assert athena.rows("SELECT count(*) FROM cresce")[1:] == [["2"]]


@pytest.fixture
def travelled(lake):
    table = lake.table("viaja", pa.table({"id": pa.array([1], pa.int64())}))
    first = table.current_snapshot()
    time.sleep(0.05)
    table.append(pa.table({"id": pa.array([2], pa.int64())}))
    table.manage_snapshots().create_branch(first.snapshot_id, "run_20260105T090000Z").create_tag(
        first.snapshot_id, "slot_20260105T090000Z"
    ).commit()
    return first


def test_the_past_is_read_by_snapshot_branch_tag_and_time(lake, athena, travelled):
    between = datetime.datetime.fromtimestamp((travelled.timestamp_ms + 20) / 1000, datetime.timezone.utc)
    for version in (
        f"FOR VERSION AS OF {travelled.snapshot_id}",
        "FOR VERSION AS OF 'run_20260105T090000Z'",
        "FOR VERSION AS OF 'slot_20260105T090000Z'",
        f"FOR TIMESTAMP AS OF TIMESTAMP '{between:%Y-%m-%d %H:%M:%S.%f} UTC'",
    ):
        assert athena.rows(f"SELECT id FROM viaja {version}") == [["id"], ["1"]], version
    assert athena.rows("SELECT count(*) FROM viaja FOR TIMESTAMP AS OF current_timestamp")[1:] == [["2"]]
    joined = (
        "SELECT count(*) FROM viaja a LEFT JOIN viaja FOR VERSION AS OF 'slot_20260105T090000Z' AS b ON a.id = b.id"
    )
    assert athena.rows(f"{joined} WHERE b.id IS NULL")[1:] == [["1"]]


def test_a_version_that_never_was_is_named_in_the_failure(lake, athena, travelled):
    assert "Iceberg snapshot ID does not exists: 42" in athena.failure("SELECT * FROM viaja FOR VERSION AS OF 42")
    missing = athena.failure("SELECT * FROM viaja FOR VERSION AS OF 'nenhuma'")
    assert "Cannot find snapshot with reference name: nenhuma" in missing
    early = athena.failure("SELECT * FROM viaja FOR TIMESTAMP AS OF TIMESTAMP '2020-01-01 00:00:00 UTC'")
    assert "No version history table" in early


def test_the_tables_beside_a_table_tell_its_history(lake, athena, travelled):
    snapshots = athena.rows('SELECT operation, parent_id, summary FROM "viaja$snapshots" ORDER BY committed_at')
    assert [row[:2] for row in snapshots[1:]] == [["append", None], ["append", str(travelled.snapshot_id)]]
    assert "added-records=1" in snapshots[1][2]
    assert athena.rows('SELECT count(*) FROM "viaja$history" WHERE is_current_ancestor')[1:] == [["2"]]
    assert athena.rows('SELECT name, type FROM "viaja$refs" ORDER BY name')[1:] == [
        ["main", "BRANCH"],
        ["run_20260105T090000Z", "BRANCH"],
        ["slot_20260105T090000Z", "TAG"],
    ]
    assert athena.rows('SELECT sum(record_count), count(*) FROM "viaja$files"')[1:] == [["2", "2"]]
    assert athena.rows('SELECT record_count, file_count FROM "viaja$partitions"')[1:] == [["2", "2"]]
    assert "does not exist" in athena.failure('SELECT * FROM "viaja$nada"')
