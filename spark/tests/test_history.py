"""A delivery beside the table's own past, and rows beside their parents: rows or figures in, findings out."""

import copy
from datetime import datetime, timezone

import pytest

from podlake_spark import audits
from podlake_spark.audits import Profile
from podlake_spark.history import against_history, freshness
from podlake_spark.manifest import ColumnHistory, TableHistory

FIRST, SECOND = "20261124T090000Z", "20261124T210000Z"
LOANS = "SK_ID_CURR,TARGET,NAME_CONTRACT_TYPE,AMT_CREDIT,DAYS_EMPLOYED,EXT_SOURCE_1\n"
PAYMENTS = "SK_ID_PREV,NUM_INSTALMENT_NUMBER,DAYS_ENTRY_PAYMENT,AMT_PAYMENT\n"

DELIVERED = {"name": "delivered_rows", "check": "delivered_rows", "severity": "warn", "factor": 10, "slots": 3}
NULLS = {"name": "null_share", "check": "null_share", "severity": "warn", "rise": 0.1, "slots": 3, "rows": 100}
PARENT = {"name": "foreign_key", "check": "foreign_key", "severity": "warn", "columns": ["mae"], "tolerated": 0.5}


def judged(finding):
    return finding.value, finding.limit, finding.passed, finding.examples


def delivered(rows, past, least=100):
    history = TableHistory(delivered=tuple(past))
    (finding,) = against_history(({**DELIVERED, "rows": least},), rows, Profile(0, {}), history)
    return judged(finding)


def test_a_delivery_is_held_against_the_median_of_the_last_ones_whichever_way_it_differs():
    # The median of 200, 100000 and 300 is 300: one full delivery among changes is not what is usual.
    past = [200, 100_000, 300]

    assert delivered(3000, past) == (10, 10, True, [])
    assert delivered(30, past) == (10, 10, True, [])
    assert delivered(6000, past) == (20, 10, False, ["6000 rows, usually 300"])
    assert delivered(15, past) == (20, 10, False, ["15 rows, usually 300"])
    assert delivered(0, past) == (300, 10, False, ["0 rows, usually 300"])


def test_too_short_a_past_or_too_few_rows_are_not_judged():
    assert delivered(99_999, [200, 300]) == (None, 10, True, ["2 deliveries to compare with, of 3 that it takes"])
    assert delivered(99, [1, 2, 1]) == (None, 10, True, ["fewer than 100 rows, now and usually"])


def nulls(written, profiled=3, **columns):
    history = TableHistory(
        profiled=profiled, columns={name: ColumnHistory(rows, empty) for name, (rows, empty) in columns.items()}
    )
    (finding,) = against_history((NULLS,), 0, written, history)
    return judged(finding)


def test_a_column_that_is_empty_more_often_than_it_was_is_named():
    written = Profile(1000, {"a": 260, "b": 0, "c": 650})

    assert nulls(written, a=(1000, 200), b=(1000, 900), c=(1000, 600)) == (pytest.approx(0.06), 0.1, True, [])
    assert nulls(written, a=(1000, 10), b=(1000, 0), c=(2000, 1000)) == (
        pytest.approx(0.25),
        0.1,
        False,
        ["a: 0.260 without a value, usually 0.010", "c: 0.650 without a value, usually 0.500"],
    )


def test_nulls_that_become_fewer_are_no_rise():
    assert nulls(Profile(1000, {"a": 0}), a=(1000, 900)) == (0, 0.1, True, [])


def test_nulls_are_not_judged_without_a_past_of_slots_of_rows_and_of_the_column():
    full = Profile(1000, {"a": 1000})

    assert nulls(full, profiled=2, a=(1000, 0))[:3] == (None, 0.1, True)
    assert nulls(Profile(99, {"a": 99}), a=(1000, 0)) == (None, 0.1, True, ["99 rows, of 100 that it takes"])
    assert nulls(full, a=(99, 0)) == (None, 0.1, True, ["no column has 100 earlier rows"])
    assert nulls(full, other=(1000, 0)) == (None, 0.1, True, ["no column has 100 earlier rows"])


def test_a_table_is_stale_when_its_last_files_are_older_than_its_days():
    check = {"name": "freshness", "check": "freshness", "severity": "warn", "days": 7}
    slot = datetime(2026, 11, 24, 9, tzinfo=timezone.utc)

    def found(last, delivered=False):
        return judged(freshness(check, slot, last, delivered))

    assert found(datetime(2026, 11, 17, 9, tzinfo=timezone.utc)) == (7, 7, True, [])
    assert found(datetime(2026, 11, 16, 21, tzinfo=timezone.utc)) == (
        7.5,
        7,
        False,
        ["the last files are of slot 20261116T210000Z"],
    )
    assert found(datetime(2026, 1, 5, 9, tzinfo=timezone.utc), delivered=True) == (0, 7, True, [])
    assert found(None) == (None, 7, True, ["no file came so far"])


@pytest.fixture
def orphans(spark):
    """What the check finds of children (one number each, the parent's) beside the rows of several parents."""

    def check(children, *parents, **settings):
        rows = spark.createDataFrame([(child,) for child in children], "mae int")
        tables = [spark.createDataFrame([(key,) for key in parent], "mae int") for parent in parents]
        (finding,) = audits.foreign_keys([("filha", {**PARENT, **settings}, rows, tables)])["filha"]
        return judged(finding)

    return check


def test_a_share_of_rows_without_parent_is_tolerated_and_one_of_them_is_told(orphans):
    assert orphans([1, 1, 2, 3], [1, 2, 3]) == (0, 0.5, True, [])
    assert orphans([1, 1, 8, 9], [1, 2]) == (0.5, 0.5, True, ["mae=8"])


def test_more_rows_without_parent_than_are_tolerated_fail_with_some_of_the_keys(orphans):
    value, limit, passed, examples = orphans([1, 7, 7, 8], [1])

    assert (value, limit, passed, sorted(examples)) == (0.75, 0.5, False, ["mae=7", "mae=8"])
    assert len(orphans(range(10, 20), [1])[3]) == 5


def test_a_row_has_its_parent_in_any_of_the_tables_and_one_that_names_none_needs_none(orphans):
    assert orphans([1, 2, 3, None], [1], [2, 3], tolerated=0) == (0, 0, True, [])
    # One of four rows: that without a name is a row too.
    assert orphans([1, 2, 9, None], [1], [2], tolerated=0)[0] == 0.25
    assert orphans([1], tolerated=1) == (1, 1, True, ["mae=1"])
    assert orphans([], [1], tolerated=0) == (0, 0, True, [])


def test_all_children_of_a_slot_are_one_job_and_each_has_its_own_share(spark):
    def child(name, keys):
        rows = spark.createDataFrame([(key,) for key in keys], "mae int")
        return name, PARENT, rows, [spark.createDataFrame([(1,)], "mae int")]

    found = audits.foreign_keys([child("a", [1, 1]), child("b", [1, 9])])

    assert {table: findings[0].value for table, findings in found.items()} == {"a": 0, "b": 0.5}
    assert audits.foreign_keys([]) == {}


def test_a_profile_counts_nulls_in_the_pass_of_the_checks_and_keys_beside_it(spark):
    rows = spark.createDataFrame([(1, None, "x"), (1, None, None), (None, 2, "y")], "chave int, a int, b string")
    checks = [
        {"name": "unique_key", "check": "unique_key", "columns": ["chave"], "severity": "error"},
        {"name": "not_null", "check": "not_null", "columns": ["chave"], "severity": "error"},
    ]

    findings, profile = audits.check_and_profile(rows, checks, ("chave",), ["a", "b"])

    assert [(f.check["name"], f.value, f.examples) for f in findings] == [
        ("unique_key", 1, ["chave=1"]),
        ("not_null", 1, ["chave=None"]),
    ]
    assert profile == Profile(3, {"a": 2, "b": 1})
    assert audits.check_and_profile(None, checks, ("chave",), ["a"])[1] == Profile(0, {"a": 0})


def with_checks(lake, table, *checks):
    lake.catalogue["trusted"][table] = {**copy.deepcopy(lake.catalogue["trusted"][table]), "checks": list(checks)}


def audit_of(metrics, table, name):
    (found,) = [a for a in metrics["audits"] if (a["table"], a["audit"]) == (table, name)]
    return found["value"], found["limit"], found["passed"], found["severity"], found["examples"]


def test_a_trusted_step_profiles_what_it_wrote_and_judges_it_by_the_history_of_its_manifest(lake):
    with_checks(lake, "application_train", {**DELIVERED, "rows": 2}, {**NULLS, "rows": 2, "severity": "error"})
    history = {"delivered": [40, 40, 40], "profiled": 3, "columns": {"target": {"rows": 100, "nulls": 10}}}
    raw = lake.raw({"application_train": [lake.deliver(LOANS + "1,,a,1,,\n2,0,a,,,\n2,0,a,,,\n")]}, FIRST)
    task = {
        "table": "application_train",
        "rawFiles": [output["uri"] for output in raw["tables"][0]["outputs"]],
        "base": None,
        "records": 3,
        "unreadable": 0,
        "history": history,
    }

    metrics = lake.step("trusted", FIRST, 1, tables=[task])

    (table,) = metrics["tables"]
    assert table["profile"] == {
        "rows": 2,
        "nulls": {"target": 1, "name_contract_type": 0, "amt_credit": 1, "days_employed": 2, "ext_source_1": 2},
    }
    # 40 usual rows are 13.3 times the three that came, superseded ones too.
    assert audit_of(metrics, "application_train", "delivered_rows") == (
        pytest.approx(40 / 3),
        10,
        False,
        "warn",
        ["3 rows, usually 40"],
    )
    assert audit_of(metrics, "application_train", "null_share") == (
        pytest.approx(0.4),
        0.1,
        False,
        "error",
        ["target: 0.500 without a value, usually 0.100"],
    )


def test_a_slot_that_changes_nothing_has_an_empty_profile(lake):
    lake.fold("application_train", LOANS + "1,,a,1,,\n", FIRST)

    (table,) = lake.fold("application_train", LOANS + "1,,a,1,,\n", SECOND)["tables"]

    assert table["profile"]["rows"] == 0
    assert set(table["profile"]["nulls"].values()) == {0}


def test_a_trusted_step_tells_the_freshness_of_tables_that_it_does_not_write(lake):
    stale = {"name": "freshness", "check": "freshness", "severity": "warn", "days": 7}
    for name in ("application_train", "installments_payments"):
        with_checks(lake, name, stale)
    raw = lake.raw({"application_train": [lake.deliver(LOANS + "1,,a,1,,\n")]}, FIRST)
    tasks = [
        {"table": "application_train", "rawFiles": [o["uri"] for o in raw["tables"][0]["outputs"]], "base": None},
    ]
    arrivals = [
        {"table": "application_train", "slotInstant": None},
        {"table": "installments_payments", "slotInstant": "2026-11-14T09:00:00Z"},
    ]

    metrics = lake.step("trusted", FIRST, 1, tables=tasks, lastArrivals=arrivals)

    assert audit_of(metrics, "application_train", "freshness") == (0, 7, True, "warn", [])
    assert audit_of(metrics, "installments_payments", "freshness") == (
        10,
        7,
        False,
        "warn",
        ["the last files are of slot 20261114T090000Z"],
    )


def test_rows_without_parent_are_looked_up_on_the_branch_or_where_the_parent_was_published(lake):
    check = {**PARENT, "columns": ["sk_id_prev"], "parents": ["mae"]}
    parent = {**copy.deepcopy(lake.catalogue["trusted"]["installments_payments"]), "name": "mae", "source": "mae"}
    lake.catalogue["sources"]["mae"] = {**lake.catalogue["sources"]["installments_payments"], "name": "mae"}
    lake.catalogue["trusted"]["mae"] = parent
    with_checks(lake, "installments_payments", check)

    def found(rows, slot, mother=None):
        deliveries = {"installments_payments": [lake.deliver(PAYMENTS + rows)]}
        if mother:
            deliveries["mae"] = [lake.deliver(PAYMENTS + mother)]
        metrics = lake.trusted(lake.raw(deliveries, slot), slot)
        lake.publish(metrics, {"tables": []}, slot)
        return audit_of(metrics, "installments_payments", "foreign_key")

    # No such table yet; then written beside the child; then published by the slot before.
    assert found("1,1,1,1\n", "20261123T210000Z") == (1, 0.5, False, "warn", ["sk_id_prev=1"])
    assert found("2,1,1,1\n3,1,1,1\n", FIRST, "2,1,1,1\n") == (0.5, 0.5, True, "warn", ["sk_id_prev=3"])
    # The rows of earlier slots, some without parent, are not judged again.
    assert found("2,2,1,1\n", SECOND) == (0, 0.5, True, "warn", [])
