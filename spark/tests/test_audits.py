"""The catalogue's checks: rows in, findings out."""

import copy

import pytest
from lake import DEFAULT_RATE, LOANS_BY_TYPE, catalogue

from podlake_spark import audits

FIRST, SECOND = "20261124T090000Z", "20261124T210000Z"
LOANS = "SK_ID_CURR,TARGET,NAME_CONTRACT_TYPE,AMT_CREDIT,DAYS_EMPLOYED,EXT_SOURCE_1\n"


@pytest.fixture
def found(spark):
    """The value and the examples of one check over rows of (grupo, valor, total)."""

    def check(rows, /, **settings):
        frame = spark.createDataFrame(rows, "grupo string, valor int, total int")
        (finding,) = audits.check_rows(frame, [{"name": "c", "severity": "error", **settings}], ("grupo",))
        assert finding.passed == (finding.value == 0)
        return finding.value, finding.examples

    return check


def test_values_outside_the_list_offend_and_null_does_not(found):
    settings = {"check": "accepted_values", "column": "grupo", "values": ["a", "b"]}

    assert found([("a", 1, 1), ("b", 1, 1), (None, 1, 1)], **settings) == (0, [])
    assert found([("a", 1, 1), ("x", 1, 1), ("x", 2, 1)], **settings) == (2, ["grupo=x", "grupo=x"])
    assert found([("x", 1, 1), ("a", 1, 1)], **settings, where="valor = 2") == (0, [])


def test_a_value_that_every_slot_has_is_missed(found):
    settings = {"check": "accepted_values", "column": "grupo", "values": ["a", "b"], "always": ["a", "b"]}

    assert found([("a", 1, 1), ("b", 1, 1)], **settings) == (0, [])
    assert found([("a", 1, 1)], **settings) == (1, ["no row with grupo=b"])


def test_a_range_has_both_its_ends_and_lets_null_pass(found):
    settings = {"check": "range", "columns": ["valor", "total"], "min": 0, "max": 10}

    assert found([("a", 0, 10), ("b", None, None)], **settings) == (0, [])
    assert found([("a", -1, None), ("b", 5, 5), ("c", 11, 11)], **settings) == (
        2,
        ["grupo=a, valor=-1, total=None", "grupo=c, valor=11, total=11"],
    )


def test_an_expression_is_false_for_no_row_and_null_passes(found):
    settings = {"check": "expression", "expression": "valor <= total"}

    assert found([("a", 1, 1), ("b", None, 1)], **settings) == (0, [])
    assert found([("a", 1, 1), ("b", 2, 1)], **settings) == (1, ["grupo=b"])


def test_a_column_that_always_has_a_value_is_not_null(found):
    assert found([("a", 1, None)], check="not_null", columns=["grupo", "valor"]) == (0, [])
    assert found([("a", None, 1), (None, None, 1), ("c", 1, 1)], check="not_null", columns=["grupo", "valor"])[0] == 2


def test_a_key_is_told_with_its_surplus_rows_and_null_is_a_value_of_it(found):
    assert found([("a", 1, 1), (None, 1, 1)], check="unique_key", columns=["grupo"]) == (0, [])
    assert found([("a", 1, 1), ("a", 2, 1), ("a", 3, 1)], check="unique_key", columns=["grupo"]) == (2, ["grupo=a"])
    assert found([(None, 1, 1), (None, 2, 1)], check="unique_key", columns=["grupo"]) == (1, ["grupo=None"])


def test_a_table_of_one_row_has_neither_none_nor_two(found):
    assert found([("a", 1, 1)], check="row_count", rows=1) == (0, [])
    assert found([], check="row_count", rows=1) == (1, ["0 rows instead of 1"])
    assert found([("a", 1, 1), ("b", 1, 1)], check="row_count", rows=1) == (1, ["2 rows instead of 1"])


def test_parts_add_up_to_the_rows_of_the_whole(found):
    settings = {"check": "parts_add_up", "columns": ["valor"], "parts": "grupo <> 'Todos'", "whole": "grupo = 'Todos'"}

    assert found([("a", 1, 0), ("b", 2, 0), ("Todos", 3, 0)], **settings) == (0, [])
    assert found([("a", 1, 0), ("b", 2, 0), ("Todos", 5, 0)], **settings) == (2, ["valor: parts 3, whole 5"])
    assert found([], **settings) == (0, [])


def test_parts_add_up_to_the_column_that_repeats_the_whole_in_every_row(found):
    settings = {"check": "parts_add_up", "columns": ["valor"], "total": "total"}

    assert found([("a", 1, 3), ("b", 2, 3)], **settings) == (0, [])
    assert found([("a", 1, 3), ("b", 2, 4)], **settings) == (1, ["valor: parts 3, whole 4"])


def test_totals_are_the_same_in_two_tables_as_a_whole_or_group_by_group(spark):
    own = spark.createDataFrame([("x", 1), ("x", 2), ("y", 3)], "dimensao string, clientes int")
    other = spark.createDataFrame([("Todos", 3), ("a", 9)], "tipo string, clientes int")
    check = {
        "name": "same_clients",
        "check": "same_total",
        "severity": "error",
        "column": "clientes",
        "other": {"table": "outra", "column": "clientes", "where": "tipo = 'Todos'"},
    }
    tables = {"minha": (own, (check, {**check, "by": ["dimensao"]})), "outra": (other, ())}

    whole, by_group = audits.same_totals(tables)["minha"]

    assert (whole.value, whole.examples) == (3, ["6 here, 3 in outra"])
    assert (by_group.value, by_group.examples) == (0, [])


def test_without_a_column_the_rows_are_counted(spark):
    rows = spark.createDataFrame([(1,), (2,)], "cliente int")
    check = {"name": "n", "check": "same_total", "severity": "error", "other": {"table": "outra", "column": "cliente"}}

    (finding,) = audits.same_totals({"minha": (rows, (check,)), "outra": (rows, ())})["minha"]

    assert (finding.value, finding.examples) == (1, ["2 here, 3 in outra"])


def test_a_refined_step_tells_what_its_checks_found_in_the_rows_of_the_slot(lake):
    other_total = {"table": "taxa_inadimplencia", "column": "clientes_com_desfecho"}
    by_type = {
        **copy.deepcopy(LOANS_BY_TYPE),
        "checks": [
            {"name": "few", "check": "range", "columns": ["emprestimos"], "max": 1, "severity": "warn"},
            {
                "name": "same",
                "check": "same_total",
                "column": "emprestimos",
                "other": other_total,
                "severity": "error",
            },
        ],
    }
    lake.catalogue = catalogue(refined=[copy.deepcopy(DEFAULT_RATE), by_type])

    def step(text, slot):
        trusted = lake.trusted(lake.raw({"application_train": [lake.deliver(LOANS + text)]}, slot), slot)
        metrics = lake.refined(["application_train"], slot)
        lake.publish(trusted, metrics, slot)
        return [
            (a["table"], a["audit"], a["severity"], a["value"], a["limit"], a["passed"], a["examples"])
            for a in metrics["audits"]
        ]

    assert step("1,0,a,1,,\n2,,a,1,,\n", FIRST) == [
        ("emprestimos_por_tipo", "few", "warn", 1, 0, False, ["tipo_contrato=a, emprestimos=2"]),
        ("emprestimos_por_tipo", "same", "error", 1, 0, False, ["2 here, 1 in taxa_inadimplencia"]),
    ]
    # The rows of the first slot, which offend, are still there: the second is not judged by them.
    assert [(audit, passed) for _, audit, _, _, _, passed, _ in step("1,0,a,1,,\n2,0,b,1,,\n", SECOND)] == [
        ("few", True),
        ("same", True),
    ]


def test_a_trusted_step_checks_the_rows_that_it_wrote(lake):
    types = {"name": "types", "check": "accepted_values", "column": "name_contract_type", "values": ["a"]}
    lake.catalogue["trusted"]["application_train"] = {
        **lake.catalogue["trusted"]["application_train"],
        "checks": [{**types, "severity": "warn"}],
    }

    def found(text, slot):
        metrics = lake.fold("application_train", LOANS + text, slot)
        return [(a["value"], a["passed"], a["examples"]) for a in metrics["audits"] if a["audit"] == "types"]

    assert found("1,0,a,1,,\n7,0,x,1,,\n", FIRST) == [(1, False, ["sk_id_curr=7, name_contract_type=x"])]
    assert found("1,1,a,1,,\n7,0,x,1,,\n", SECOND) == [(0, True, [])]


def test_keys_that_two_trusted_tables_share_are_found_whichever_of_the_two_the_slot_wrote(lake):
    payments = lake.catalogue["trusted"]["installments_payments"]
    shared = {"name": "shared", "check": "no_overlap", "columns": ["sk_id_prev"], "with": "outra", "severity": "warn"}
    other = {**copy.deepcopy(payments), "name": "outra", "source": "outra"}
    lake.catalogue["sources"]["outra"] = {**lake.catalogue["sources"]["installments_payments"], "name": "outra"}
    lake.catalogue["trusted"]["outra"] = other
    lake.catalogue["trusted"]["installments_payments"] = {**payments, "checks": [shared]}
    text = "SK_ID_PREV,NUM_INSTALMENT_NUMBER,DAYS_ENTRY_PAYMENT,AMT_PAYMENT\n"

    def found(table, rows, slot):
        metrics = lake.fold(table, text + rows, slot)
        return [(a["table"], a["value"], a["examples"]) for a in metrics["audits"] if a["audit"] == "shared"]

    assert found("installments_payments", "1,1,1,1\n2,1,1,1\n", FIRST) == []
    assert found("outra", "2,1,1,1\n3,1,1,1\n", SECOND) == [("installments_payments", 1, ["sk_id_prev=2"])]
