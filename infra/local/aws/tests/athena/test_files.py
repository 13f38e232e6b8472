"""External tables over plain files: Parquet and lines of JSON, with partitions and with projection."""

import datetime
import gzip
import io

import pyarrow as pa
import pyarrow.parquet as pq

PARQUET = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
JSON = "org.openx.data.jsonserde.JsonSerDe"


def parquet(**columns) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


def test_parquet_files_are_read_by_column_name_in_any_case(lake, athena):
    lake.put("vendas/a.parquet", parquet(ID=pa.array([1, 2], pa.int64()), valor=pa.array([1.5, 2.5])))
    lake.put("vendas/b.parquet", parquet(valor=pa.array([4.0]), ID=pa.array([3], pa.int64())))
    lake.put("vendas/_SUCCESS", b"x")
    lake.external_table("vendas", {"id": "bigint", "valor": "double", "nova": "string"}, PARQUET)
    assert athena.rows("SELECT * FROM vendas ORDER BY id") == [
        ["id", "valor", "nova"], ["1", "1.5", None], ["2", "2.5", None], ["3", "4.0", None],
    ]  # fmt: skip
    assert athena.rows("SELECT sum(valor) FROM vendas WHERE id > 1")[1:] == [["6.5"]]


def test_a_table_without_files_has_no_rows(lake, athena):
    lake.external_table("nada", {"id": "bigint"}, PARQUET)
    assert athena.rows("SELECT count(*), max(id) FROM nada")[1:] == [["0", None]]


def test_hive_partitions_give_a_column_and_spare_files(lake, athena):
    glue = lake.client("glue")
    lake.external_table("por_dia", {"id": "bigint"}, PARQUET, keys={"dia": "date"})
    for day, number in (("2026-01-05", 1), ("2026-01-06", 2)):
        lake.put(f"por_dia/dia={day}/x.parquet", parquet(id=pa.array([number], pa.int64())))
        glue.create_partition(
            DatabaseName=lake.database,
            TableName="por_dia",
            PartitionInput={
                "Values": [day],
                "StorageDescriptor": {"Location": f"{lake.location}/por_dia/dia={day}/", "Columns": []},
            },
        )
    lake.put("por_dia/dia=2026-01-07/x.parquet", parquet(id=pa.array([9], pa.int64())))  # no partition in Glue
    assert athena.rows("SELECT id, dia FROM por_dia ORDER BY dia")[1:] == [["1", "2026-01-05"], ["2", "2026-01-06"]]
    assert athena.rows("SELECT id FROM por_dia WHERE dia = date '2026-01-06'")[1:] == [["2"]]
    whole = athena.run("SELECT id FROM por_dia")["Statistics"]["DataScannedInBytes"]
    for condition, expected in ((">= date '2026-01-06'", whole // 2), ("> date '2026-01-06'", 0)):
        execution = athena.run(f"SELECT id FROM por_dia WHERE dia {condition}")
        assert execution["Statistics"]["DataScannedInBytes"] == expected
    assert athena.results(athena.run("SHOW PARTITIONS por_dia")["QueryExecutionId"]) == [
        ["dia=2026-01-05"],
        ["dia=2026-01-06"],
    ]


def test_partition_projection_finds_the_objects_of_its_template(lake, athena):
    lake.put("runs/slot=20260105T090000Z/x.parquet", parquet(id=pa.array([1], pa.int64())))
    lake.put("runs/slot=20260105T210000Z/x.parquet", parquet(id=pa.array([2], pa.int64())))
    lake.put("runs/outra/x.parquet", parquet(id=pa.array([9], pa.int64())))
    parameters = {
        "projection.enabled": "true",
        "projection.slot.type": "injected",
        "storage.location.template": f"{lake.location}/runs/slot=${{slot}}/",
    }
    lake.external_table("runs", {"id": "bigint"}, PARQUET, keys={"slot": "string"}, parameters=parameters)
    assert athena.rows("SELECT id, slot FROM runs ORDER BY id")[1:] == [
        ["1", "20260105T090000Z"],
        ["2", "20260105T210000Z"],
    ]
    assert athena.rows("SELECT id FROM runs WHERE slot = '20260105T210000Z'")[1:] == [["2"]]


def test_projection_of_numbers_keeps_to_its_range(lake, athena):
    for year in (2024, 2025, 2026):
        lake.put(f"anos/ano={year}/x.parquet", parquet(id=pa.array([year], pa.int64())))
    parameters = {"projection.enabled": "true", "projection.ano.type": "integer", "projection.ano.range": "2025,2030"}
    lake.external_table("anos", {"id": "bigint"}, PARQUET, keys={"ano": "int"}, parameters=parameters)
    assert athena.rows("SELECT ano, id FROM anos ORDER BY ano")[1:] == [["2025", "2025"], ["2026", "2026"]]


def test_projection_of_months_keeps_to_its_format_and_to_a_range_that_ends_with_the_present(lake, athena):
    now = datetime.datetime.now(datetime.timezone.utc)
    ahead = {
        months: f"{now.year + (now.month + months - 1) // 12}-{(now.month + months - 1) % 12 + 1:02d}"
        for months in (1, 3)
    }
    for month, number in (("2025-12", 1), ("2026-01", 2), ("2026-1", 3), ("outro", 4), (ahead[1], 5), (ahead[3], 6)):
        lake.put(f"meses/mes={month}/x.parquet", parquet(id=pa.array([number], pa.int64())))
    parameters = {
        "projection.enabled": "true",
        "projection.mes.type": "date",
        "projection.mes.format": "yyyy-MM",
        "projection.mes.range": "2026-01,NOW+1MONTHS",
        "projection.mes.interval": "1",
        "projection.mes.interval.unit": "MONTHS",
    }
    lake.external_table("meses", {"id": "bigint"}, PARQUET, keys={"mes": "string"}, parameters=parameters)
    assert athena.rows("SELECT id, mes FROM meses ORDER BY id")[1:] == [["2", "2026-01"], ["5", ahead[1]]]
    assert athena.rows("SELECT id FROM meses WHERE mes <= '2026-01'")[1:] == [["2"]]
    lake.external_table(
        "anos_e_semanas",
        {"id": "bigint"},
        PARQUET,
        keys={"mes": "string"},
        parameters=parameters | {"projection.mes.format": "YYYY-ww"},
    )
    lake.put("anos_e_semanas/mes=2026-01/x.parquet", parquet(id=pa.array([1], pa.int64())))
    assert "projection.mes.format 'YYYY-ww' is not read" in athena.failure("SELECT * FROM anos_e_semanas")


def test_lines_of_json_are_typed_by_glue(lake, athena):
    lines = (
        b'{"Slot": "2026-11-24T09:00:00Z", "publicacao": 3, "valor": 1.5, "tags": ["a", "b"], "x": {"Y": 1}, "t": "oi"}\n'
        b"\n"
        b'{"slot": "2026-11-24 21:00:00.5", "valor": 2, "t": {"k": 1}}\n'
    )
    lake.put("eventos/a.json", lines)
    lake.put("eventos/b.json.gz", gzip.compress(b'{"publicacao": 4}\n'))
    columns = {
        "slot": "timestamp",
        "publicacao": "bigint",
        "valor": "decimal(9,2)",
        "tags": "array<string>",
        "x": "struct<y:int>",
        "t": "string",
    }
    lake.external_table("eventos", columns, JSON)
    assert athena.rows("SELECT * FROM eventos ORDER BY publicacao, slot")[1:] == [
        ["2026-11-24 09:00:00.000", "3", "1.50", "[a, b]", "{y=1}", "oi"],
        [None, "4", None, None, None, None],
        ["2026-11-24 21:00:00.500", None, "2.00", None, None, '{"k": 1}'],
    ]
    assert athena.rows("SELECT x.y, tags[2] FROM eventos WHERE publicacao = 3")[1:] == [["1", "b"]]


def test_a_line_that_is_no_json_or_no_value_names_its_place(lake, athena):
    lake.put("ruim/a.json", b'{"n": 1}\n{"n": \n')
    lake.external_table("ruim", {"n": "bigint"}, JSON)
    assert "HIVE_CURSOR_ERROR: Row is not a valid JSON Object" in athena.failure("SELECT * FROM ruim")
    lake.put("ruim/a.json", b'{"n": "muitos"}\n')
    message = athena.failure("SELECT * FROM ruim")
    assert message.startswith("HIVE_BAD_DATA")
    assert "a.json line 1" in message


def test_a_format_that_is_not_read_is_said(lake, athena):
    lake.external_table("texto", {"n": "bigint"}, "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe")
    assert "HIVE_UNSUPPORTED_FORMAT" in athena.failure("SELECT * FROM texto")
