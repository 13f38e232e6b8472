"""SHOW, DESCRIBE, EXPLAIN and information_schema."""

import pyarrow as pa
import pytest


@pytest.fixture(scope="module", autouse=True)
def tables(module_lake, module_athena):
    module_lake.table("clientes", pa.table({"id": pa.array([1], pa.int64()), "nome": ["a"]}))
    module_lake.table("vendas", pa.table({"id": pa.array([1], pa.int64())}))
    assert module_athena.run("CREATE VIEW v_nomes AS SELECT nome FROM clientes")["Status"]["State"] == "SUCCEEDED"


def lines(athena, sql: str) -> list[str]:
    return [row[0] for row in athena.rows(sql)]


def test_show_lists_without_a_header(module_athena):
    database = module_athena.database
    assert lines(module_athena, "SHOW TABLES") == ["clientes", "v_nomes", "vendas"]
    assert lines(module_athena, f"SHOW TABLES IN {database} 'v*'") == ["v_nomes", "vendas"]
    assert lines(module_athena, f"show tables in `{database}`;") == ["clientes", "v_nomes", "vendas"]
    assert lines(module_athena, "SHOW VIEWS") == ["v_nomes"]
    assert database in lines(module_athena, "SHOW DATABASES")
    assert [line.strip() for line in lines(module_athena, f"SHOW COLUMNS IN {database}.clientes")] == ["id", "nome"]


def test_describe_gives_a_line_a_column(module_athena):
    assert [line.split() for line in lines(module_athena, "DESCRIBE clientes")] == [
        ["id", "bigint"],
        ["nome", "string"],
    ]


def test_show_create_view_gives_its_text(module_athena):
    database = module_athena.database
    assert lines(module_athena, f"SHOW CREATE VIEW {database}.v_nomes") == [
        f"CREATE VIEW {database}.v_nomes AS",
        "SELECT nome FROM clientes",
    ]


def test_explain_shows_a_plan_and_reads_no_row(module_athena):
    execution = module_athena.run("EXPLAIN SELECT nome FROM clientes WHERE id = 1")
    assert execution["StatementType"] == "UTILITY"
    assert execution["ResultConfiguration"]["OutputLocation"].endswith(".txt")
    plan = "\n".join(row[0] or "" for row in module_athena.results(execution["QueryExecutionId"]))
    assert "nome" in plan
    assert "NOT_SUPPORTED" in module_athena.failure("EXPLAIN ANALYZE SELECT 1")
    assert "TABLE_NOT_FOUND" in module_athena.failure("EXPLAIN SELECT * FROM nada")


def test_information_schema_is_glue(module_athena):
    database = module_athena.database
    where = f"WHERE table_schema = '{database}' ORDER BY 1, 2"
    assert module_athena.rows(f"SELECT table_name, table_type FROM information_schema.tables {where}")[1:] == [
        ["clientes", "BASE TABLE"],
        ["v_nomes", "VIEW"],
        ["vendas", "BASE TABLE"],
    ]
    columns = f"SELECT ordinal_position, column_name, data_type FROM information_schema.columns {where}"
    assert module_athena.rows(columns.replace("WHERE", "WHERE table_name = 'clientes' AND"))[1:] == [
        ["1", "id", "bigint"],
        ["2", "nome", "varchar"],
    ]


def test_what_is_not_shown_is_said(module_athena):
    assert "is not a partitioned table" in module_athena.failure("SHOW PARTITIONS clientes")
    assert "NOT_SUPPORTED" in module_athena.failure("SHOW FUNCTIONS")
    assert "TABLE_NOT_FOUND" in module_athena.failure("DESCRIBE nada")
    assert "SCHEMA_NOT_FOUND" in module_athena.failure("SHOW TABLES IN nada")
