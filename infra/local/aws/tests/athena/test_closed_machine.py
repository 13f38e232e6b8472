"""A query cannot read or write a file of the machine, nor its environment, nor this process."""

import pytest

from podlake_aws.athena.engine import Cancellation, Engine, Plan
from podlake_aws.athena.failures import QueryFailure
from podlake_aws.athena.settings import Settings

secret_of_this_process = [{"senha": "x"}]


@pytest.fixture(scope="module")
def secret_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("secret") / "segredo.csv"
    path.write_text("senha\nabc\n")
    return path


THROUGH_ATHENA = [
    "SELECT * FROM read_csv('{file}')",
    "SELECT * FROM read_text('{file}')",
    "SELECT * FROM read_parquet('{file}')",
    "SELECT read_csv('{file}')",
    "SELECT * FROM '{file}'",
    'SELECT * FROM "{file}"',
    "SELECT * FROM glob('/*')",
    "SELECT * FROM sniff_csv('{file}')",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM query('SELECT 1')",
    "SELECT * FROM query_table('{file}')",
    "SELECT getenv('HOME')",
    "SELECT current_setting('home_directory')",
    "COPY (SELECT 1) TO '{file}'",
    "COPY t FROM '{file}'",
    "ATTACH '{file}' AS x",
    "INSTALL httpfs",
    "LOAD httpfs",
    "PRAGMA database_list",
    "SET enable_external_access = true",
    "EXPORT DATABASE '{file}'",
    "UNLOAD (SELECT 1) TO '{file}' WITH (format = 'PARQUET')",
    "CREATE VIEW v AS SELECT * FROM read_csv('{file}')",
    "EXPLAIN COPY (SELECT 1) TO '{file}'",
    "FROM read_csv('{file}')",
    "SELECT * FROM secret_of_this_process",
    "SELECT * FROM duckdb_tables",
    "SELECT * FROM pg_catalog.pg_settings",
    "WITH x AS (SELECT * FROM read_csv('{file}')) SELECT * FROM x",
    "SELECT (SELECT max(senha) FROM read_csv('{file}'))",
    "SHOW TABLES; COPY (SELECT 1) TO '{file}'",
    "DESCRIBE '{file}'",
]


@pytest.mark.parametrize("sql", THROUGH_ATHENA)
def test_a_statement_that_reaches_for_the_machine_fails(module_athena, secret_file, sql):
    message = module_athena.failure(sql.format(file=secret_file))
    assert "abc" not in message
    assert secret_file.read_text() == "senha\nabc\n"


UNDER_ATHENA = [
    "SELECT * FROM read_csv('{file}')",
    "SELECT * FROM '{file}'",
    "COPY (SELECT 1) TO '{file}'",
    "ATTACH '{file}' AS x",
    "INSTALL httpfs",
    "SET enable_external_access = true",
    "SET threads = 1",
    "SELECT * FROM secret_of_this_process",
    "SELECT * FROM glob('/*')",
]


@pytest.mark.parametrize("sql", UNDER_ATHENA)
def test_even_what_would_slip_through_meets_a_locked_engine(secret_file, sql):
    settings = Settings("us-east-1", "http://127.0.0.1:9", "k", "s", "http://127.0.0.1:9", None, 1, "1GB")
    engine = Engine(settings, None, None)
    with pytest.raises(QueryFailure):
        list(engine.run(Plan([("a", None)], sql.format(file=secret_file)), Cancellation()).rows)
    assert secret_file.read_text() == "senha\nabc\n"


def test_parameters_are_literals_and_nothing_else(module_athena):
    assert module_athena.rows("SELECT ? + 1 AS x, ? AS y", ExecutionParameters=["41", "'a''b'"]) == [
        ["x", "y"],
        ["42", "a'b"],
    ]
    assert "is no literal" in module_athena.failure("SELECT ?", ExecutionParameters=["(SELECT 1)"])
    assert "SYNTAX_ERROR" in module_athena.failure("SELECT ?", ExecutionParameters=["1; DROP VIEW v"])
    assert "expected 1 but found 0" in module_athena.failure("SELECT ?")
