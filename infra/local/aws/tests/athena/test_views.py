"""Views: those that Athena wrote into Glue, and those that this one writes."""

import base64
import datetime
import json

import pyarrow as pa
import pytest


def presto_view(lake, name: str, sql: str, columns: list[tuple[str, str]]) -> None:
    """A view in Glue, written out by hand from Athena's format."""
    content = {
        "originalSql": sql,
        "catalog": "awsdatacatalog",
        "schema": lake.database,
        "columns": [{"name": column, "type": kind} for column, kind in columns],
    }
    encoded = base64.b64encode(json.dumps(content).encode()).decode()
    lake.client("glue").create_table(
        DatabaseName=lake.database,
        TableInput={
            "Name": name,
            "TableType": "VIRTUAL_VIEW",
            "Parameters": {"presto_view": "true"},
            "ViewOriginalText": f"/* Presto View: {encoded} */",
            "ViewExpandedText": "/* Presto View */",
            "StorageDescriptor": {"Columns": [{"Name": column, "Type": "string"} for column, _ in columns]},
        },
    )


@pytest.fixture
def dados(lake):
    lake.table(
        "taxa_dados",
        pa.table({"taxa": ["a", "b", "c"], "ts_referencia": pa.array([1, 2, 3], pa.int64()), "resto": ["x" * 99] * 3}),
    )


def test_a_view_shows_what_its_text_selects(lake, athena, dados):
    presto_view(lake, "taxa", "SELECT taxa, ts_referencia FROM taxa_dados WHERE ts_referencia <= 2",
                [("taxa", "varchar"), ("ts_referencia", "bigint")])  # fmt: skip
    assert athena.rows("SELECT * FROM taxa ORDER BY taxa") == [["taxa", "ts_referencia"], ["a", "1"], ["b", "2"]]
    assert athena.rows("SELECT t.taxa FROM taxa t WHERE t.ts_referencia = 2")[1:] == [["b"]]


def test_views_on_views_with_a_publication_in_json(lake, athena):
    slots = [datetime.datetime(2026, 1, 5, 9), datetime.datetime(2026, 1, 5, 21)]
    lake.table("taxa_dados", pa.table({"taxa": ["a", "b"], "ts_referencia": pa.array(slots, pa.timestamp("us"))}))
    lake.put("publicacao_atual/atual.json", b'{"slot": "2026-01-05T09:00:00Z", "publicacao": 2}\n')
    lake.external_table(
        "publicacao_atual", {"slot": "timestamp", "publicacao": "bigint"}, "org.openx.data.jsonserde.JsonSerDe"
    )
    presto_view(lake, "taxa", "WITH p AS (SELECT slot FROM publicacao_atual) SELECT taxa, ts_referencia "
                "FROM taxa_dados WHERE ts_referencia <= (SELECT slot FROM p)",
                [("taxa", "varchar"), ("ts_referencia", "timestamp(3)")])  # fmt: skip
    presto_view(lake, "ultima", "SELECT max(taxa) AS taxa FROM taxa", [("taxa", "varchar")])
    assert athena.rows("SELECT taxa FROM ultima") == [["taxa"], ["a"]]
    lake.put("publicacao_atual/atual.json", b'{"slot": "2026-01-05T21:00:00Z", "publicacao": 3}\n')
    assert athena.rows("SELECT taxa FROM ultima") == [["taxa"], ["b"]]


def test_a_view_reads_no_more_columns_than_the_query_asks_for(lake, athena, dados):
    presto_view(lake, "tudo", "SELECT * FROM taxa_dados", [("taxa", "varchar"), ("resto", "varchar")])
    one = athena.run("SELECT taxa FROM tudo")["Statistics"]["DataScannedInBytes"]
    assert one == athena.run("SELECT taxa FROM taxa_dados")["Statistics"]["DataScannedInBytes"]
    assert one < athena.run("SELECT * FROM tudo")["Statistics"]["DataScannedInBytes"]


def test_a_created_view_is_in_glue_as_athena_writes_it(lake, athena, dados):
    execution = athena.run("CREATE VIEW Resumo AS SELECT taxa, count(*) AS n FROM taxa_dados GROUP BY taxa")
    assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
    assert execution["StatementType"] == "DDL"
    table = lake.client("glue").get_table(DatabaseName=lake.database, Name="resumo")["Table"]
    assert table["TableType"] == "VIRTUAL_VIEW"
    assert table["Parameters"]["presto_view"] == "true"
    assert table["ViewExpandedText"] == "/* Presto View */"
    columns = [(column["Name"], column["Type"]) for column in table["StorageDescriptor"]["Columns"]]
    assert columns == [("taxa", "string"), ("n", "bigint")]
    encoded = table["ViewOriginalText"].removeprefix("/* Presto View: ").removesuffix(" */")
    assert json.loads(base64.b64decode(encoded)) == {
        "originalSql": "SELECT taxa, count(*) AS n FROM taxa_dados GROUP BY taxa",
        "catalog": "awsdatacatalog",
        "schema": lake.database,
        "columns": [{"name": "taxa", "type": "varchar"}, {"name": "n", "type": "bigint"}],
    }
    assert athena.rows("SELECT n FROM resumo WHERE taxa = 'a'")[1:] == [["1"]]


def test_a_view_is_replaced_only_if_told_and_dropped(lake, athena, dados):
    assert athena.run("CREATE VIEW v AS SELECT 1 AS a")["Status"]["State"] == "SUCCEEDED"
    assert "View already exists" in athena.failure("CREATE VIEW v AS SELECT 2 AS a")
    assert athena.run("CREATE OR REPLACE VIEW v AS SELECT 2 AS a")["Status"]["State"] == "SUCCEEDED"
    assert athena.rows("SELECT a FROM v")[1:] == [["2"]]
    assert athena.run("DROP VIEW v")["Status"]["State"] == "SUCCEEDED"
    assert "does not exist" in athena.failure("DROP VIEW v")
    assert athena.run("DROP VIEW IF EXISTS v")["Status"]["State"] == "SUCCEEDED"


def test_a_view_never_takes_the_place_of_a_table(lake, athena, dados):
    assert "Table already exists" in athena.failure("CREATE OR REPLACE VIEW taxa_dados AS SELECT 1 AS a")
    assert "but a table with that name exists" in athena.failure("DROP VIEW taxa_dados")
    assert athena.rows("SELECT count(*) FROM taxa_dados")[1:] == [["3"]]


def test_a_view_needs_a_name_for_every_column(lake, athena, dados):
    assert "MISSING_COLUMN_NAME" in athena.failure("CREATE VIEW v AS SELECT count(*) FROM taxa_dados")
    assert "DUPLICATE_COLUMN_NAME" in athena.failure("CREATE VIEW v AS SELECT 1 AS a, 2 AS A")


def test_a_view_whose_table_is_gone_says_which(lake, athena):
    presto_view(lake, "orfa", "SELECT x FROM sumiu", [("x", "varchar")])
    message = athena.failure("SELECT * FROM orfa")
    assert message.startswith(
        f"INVALID_VIEW: line 1:15: Failed analyzing stored view 'awsdatacatalog.{lake.database}.orfa'"
    )
    assert f"Table 'awsdatacatalog.{lake.database}.sumiu' does not exist" in message


def test_a_view_of_itself_is_refused(lake, athena):
    presto_view(lake, "laco", "SELECT x FROM laco", [("x", "varchar")])
    assert "is recursive" in athena.failure("SELECT * FROM laco")
