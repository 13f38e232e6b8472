"""Failures, in Athena's words and at the place in the statement that they are about."""

import pyarrow as pa
import pytest


@pytest.fixture(scope="module", autouse=True)
def tables(module_lake):
    module_lake.table("t", pa.table({"id": pa.array([1, 2], pa.int64()), "nome": ["a", "b"]}))


RESOURCES = "COLUMN_NOT_FOUND: line 1:8: Column 'y' cannot be resolved or requester is not authorized to access requested resources"
CASES = [
    ("SELECT * FROM {db}.nada", "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.{db}.nada' does not exist"),
    ("SELECT *\nFROM  nada", "TABLE_NOT_FOUND: line 2:7: Table 'awsdatacatalog.{db}.nada' does not exist"),
    ("SELECT * FROM nenhum.nada", "SCHEMA_NOT_FOUND: line 1:15: Schema 'nenhum' does not exist"),
    ("SELECT * FROM outro.{db}.t", "CATALOG_NOT_FOUND: line 1:15: Catalog 'outro' not found"),
    ("SELECT y FROM t", RESOURCES),
    ("SELECT id FROM t WHERE t.y = 1", "COLUMN_NOT_FOUND: line 1:24: Column 't.y' cannot be resolved"),
    ("SELECT id AS z FROM t GROUP BY z", "COLUMN_NOT_FOUND: line 1:32: Column 'z' cannot be resolved"),
    ("SELECT id FROM t a JOIN t b ON a.id = b.id", "AMBIGUOUS_NAME: line 1:8: Column 'id' is ambiguous"),
    ("SELECT nome, count(*) FROM t", "EXPRESSION_NOT_AGGREGATE: "),
    ("SELECT id FROM t WHERE nome = 1", "TYPE_MISMATCH: Cannot apply operator: varchar = integer"),
    ("SELECT nome + 1 FROM t", "TYPE_MISMATCH: Cannot apply operator: varchar + integer"),
    ("SELECT 1 / 0", "DIVISION_BY_ZERO: Division by zero"),
    ("SELECT id % 0 FROM t", "DIVISION_BY_ZERO: Division by zero"),
    ("SELECT 1.5 / 0", "DIVISION_BY_ZERO: Division by zero"),
    ("SELECT CAST('x' AS integer)", "INVALID_CAST_ARGUMENT: Cannot cast 'x' to INT"),
    ("SELECT CAST('1.5' AS bigint)", "INVALID_CAST_ARGUMENT: Cannot cast '1.5' to BIGINT"),
    ("SELECT CAST(nome AS double) FROM t", "INVALID_CAST_ARGUMENT: Cannot cast 'a' to DOUBLE"),
    ("SELECT CAST('31/12/2026' AS date)", "INVALID_CAST_ARGUMENT: Value cannot be cast to date: 31/12/2026"),
    ("SELECT CAST(3000000000 AS integer)", "NUMERIC_VALUE_OUT_OF_RANGE: Out of range for integer: 3000000000"),
    ("SELECT (SELECT id FROM t)", "SUBQUERY_MULTIPLE_ROWS: Scalar sub-query has returned multiple rows"),
    ("SELECT nada(1)", "FUNCTION_NOT_FOUND: line 1:8: Function 'nada' not registered"),
    ("SELECT ifnull(id, 0) FROM t", "FUNCTION_NOT_FOUND: line 1:8: Function 'ifnull' not registered"),
    ("SELECT checksum(id) FROM t", "NOT_SUPPORTED: line 1:8: Function 'checksum' is Athena's, but the local Athena"),
    ("SELEC 1", "SYNTAX_ERROR: line 1:1: mismatched input 'SELEC'. Expecting: "),
    ("SELECT id id2 id3 FROM t", "SYNTAX_ERROR: line 1:15: mismatched input 'id3'"),
    ("SELECT (1", "SYNTAX_ERROR: line 1:9: mismatched input '<EOF>'"),
    ("SELECT id::varchar FROM t", "SYNTAX_ERROR: line 1:10: mismatched input '::'"),
    ("SELECT id FROM t QUALIFY row_number() OVER (ORDER BY id) = 1", "SYNTAX_ERROR: line 1:26: mismatched input 'row_number'"),
    ("SELECT 1; SELECT 2", "SYNTAX_ERROR: line 1:1: Only one sql statement is allowed."),
    ("INSERT INTO t VALUES (3, 'c')", "NOT_SUPPORTED: INSERT is not done by the local Athena"),
    ("DELETE FROM t", "NOT_SUPPORTED: DELETE is not done by the local Athena"),
    ("CREATE TABLE u AS SELECT 1 AS a", "NOT_SUPPORTED: CREATE TABLE is not done by the local Athena"),
    ("DROP TABLE t", "NOT_SUPPORTED: DROP TABLE is not done by the local Athena"),
    ("ALTER TABLE t ADD COLUMNS (x int)", "NOT_SUPPORTED: ALTER is not done by the local Athena"),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "message"), CASES, ids=[case[0][:60] for case in CASES])
def test_a_failure_is_worded_as_athenas(module_athena, sql, message):
    database = module_athena.database
    assert module_athena.failure(sql.format(db=database)).startswith(message.format(db=database))


def test_a_failed_query_has_no_results_and_belongs_to_the_user(module_athena):
    execution = module_athena.run("SELECT y FROM t")
    assert execution["Status"]["AthenaError"]["ErrorCategory"] == 2
    with pytest.raises(Exception, match="Query did not finish successfully. Final query state: FAILED"):
        module_athena.results(execution["QueryExecutionId"])
