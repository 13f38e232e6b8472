"""Refined: which rows of trusted an indicator sees, and which of its own rows a slot replaces."""

import copy
from datetime import date, datetime

import pytest
from lake import DEFAULT_RATE, LOANS_BY_TYPE, audits, catalogue, figures

from podlake_spark.errors import JobError

LOANS = "SK_ID_CURR,TARGET,NAME_CONTRACT_TYPE,AMT_CREDIT,DAYS_EMPLOYED,EXT_SOURCE_1\n"
FIRST, SECOND, THIRD = "20261124T090000Z", "20261124T210000Z", "20261125T023000Z"

CHANGE = {
    **DEFAULT_RATE,
    "name": "variacao",
    "inputs": [],
    "lookback": ["taxa_inadimplencia"],
    "sql": "select max(ts_referencia) as ts_anterior, max_by(inadimplentes, ts_referencia) as anteriores\n"
    "from refined.taxa_inadimplencia where ts_referencia < cast(:ts_referencia as timestamp_ntz)",
    "columns": [
        {"name": "ts_anterior", "type": "timestamp_ntz", "nullable": True, "unit": None, "description": "Anterior"},
        {"name": "anteriores", "type": "bigint", "nullable": True, "unit": None, "description": "Inadimplentes"},
    ],
}


def deliver(lake, text, slot):
    """Raw and trusted for a delivery of loans."""
    return lake.trusted(lake.raw({"application_train": [lake.deliver(LOANS + text)]}, slot), slot)


def rates(lake, slot):
    return lake.rows(
        f"select inadimplentes, clientes_com_desfecho from refined.taxa_inadimplencia_dados.branch_run_{slot} "
        "order by ts_referencia"
    )


def test_an_indicator_reads_the_runs_branch_and_not_main(lake):
    lake.run({"application_train": [lake.deliver(LOANS + "1,0,a,1,,\n")]}, FIRST)
    deliver(lake, "1,1,a,1,,\n2,1,a,1,,\n", SECOND)
    lake.refined(["application_train"], SECOND)

    assert rates(lake, SECOND) == [(0, 1), (2, 2)]
    assert lake.rows("select inadimplentes from refined.taxa_inadimplencia_dados") == [(0,)]


def test_counts_that_iceberg_answers_from_metadata_are_those_of_the_branch_too(lake):
    lake.catalogue = catalogue(refined=[copy.deepcopy(DEFAULT_RATE)])
    lake.catalogue["refined"]["taxa_inadimplencia"]["sql"] = (
        "select count(*) as inadimplentes, max(sk_id_curr) as clientes_com_desfecho from trusted.application_train"
    )
    lake.run({"application_train": [lake.deliver(LOANS + "1,0,a,1,,\n")]}, FIRST)
    deliver(lake, "8,1,a,1,,\n9,1,a,1,,\n", SECOND)
    lake.refined(["application_train"], SECOND)

    assert rates(lake, SECOND) == [(1, 1), (3, 9)]


def test_a_table_that_the_slot_did_not_write_is_read_from_main(lake):
    lake.run({"application_train": [lake.deliver(LOANS + "1,1,a,1,,\n")]}, FIRST)
    lake.refined([], SECOND)

    assert rates(lake, SECOND) == [(1, 1), (1, 1)]


def test_a_table_that_was_never_delivered_counts_as_empty(lake):
    metrics = lake.refined([], FIRST)

    assert rates(lake, FIRST) == [(0, 0)]
    assert figures(metrics, "taxa_inadimplencia")["rows"] == 1


def test_a_written_table_without_the_branch_is_refused(lake):
    lake.fold("application_train", LOANS + "1,1,a,1,,\n", FIRST)

    with pytest.raises(JobError, match="trusted.application_train was written by this slot but has no branch"):
        lake.refined(["application_train"], SECOND)


def test_a_branch_on_a_table_that_was_not_written_is_refused(lake):
    lake.fold("application_train", LOANS + "1,1,a,1,,\n", FIRST)
    deliver(lake, "2,1,a,1,,\n", SECOND)

    with pytest.raises(JobError, match="was not written by this slot but has a branch"):
        lake.refined([], SECOND)


def test_a_trusted_step_without_the_table_takes_away_the_branch_of_an_earlier_try(lake):
    lake.run({"application_train": [lake.deliver(LOANS + "1,1,a,1,,\n")]}, FIRST)
    deliver(lake, "2,1,a,1,,\n", SECOND)
    payments = lake.deliver("SK_ID_PREV,NUM_INSTALMENT_NUMBER,DAYS_ENTRY_PAYMENT,AMT_PAYMENT\n1,1,,5\n")
    lake.trusted(lake.raw({"installments_payments": [payments]}, SECOND, 2), SECOND, 2)
    lake.refined(["installments_payments"], SECOND, 2)

    assert rates(lake, SECOND) == [(1, 1), (1, 1)]


def test_rows_carry_the_slots_instant_and_its_date_in_sao_paulo(lake):
    lake.refined([], THIRD)

    columns = "ts_referencia, data_referencia"
    assert lake.rows(f"select {columns} from refined.taxa_inadimplencia_dados.branch_run_{THIRD}") == [
        (datetime(2026, 11, 25, 2, 30), date(2026, 11, 24))
    ]


def test_a_slot_replaces_its_own_rows_even_by_none_and_no_others(lake):
    lake.catalogue = catalogue(refined=[copy.deepcopy(LOANS_BY_TYPE)])
    lake.run({"application_train": [lake.deliver(LOANS + "1,1,a,1,,\n2,1,b,1,,\n")]}, FIRST)
    lake.refined([], SECOND)
    lake.published["refined.emprestimos_por_tipo_dados"] = lake.spark.sql(
        f"select snapshot_id from refined.emprestimos_por_tipo_dados.refs where name = 'run_{SECOND}'"
    ).first()[0]
    lake.catalogue["refined"]["emprestimos_por_tipo"]["sql"] += " having false"
    lake.refined([], SECOND, 2)

    assert lake.rows(
        "select tipo_contrato, cast(ts_referencia as string) "
        f"from refined.emprestimos_por_tipo_dados.branch_run_{SECOND} order by 1"
    ) == [("a", "2026-11-24 09:00:00"), ("b", "2026-11-24 09:00:00")]


def test_sql_that_gives_other_columns_or_types_than_the_catalogue_is_refused(lake):
    lake.catalogue = catalogue(refined=[copy.deepcopy(DEFAULT_RATE)])
    lake.catalogue["refined"]["taxa_inadimplencia"]["columns"][0]["type"] = "int"

    with pytest.raises(JobError, match="gives inadimplentes bigint, .*; the catalogue says inadimplentes int, "):
        lake.refined([], FIRST)


def test_a_key_that_comes_twice_fails_the_audit(lake):
    lake.catalogue = catalogue(refined=[copy.deepcopy(LOANS_BY_TYPE)])
    deliver(lake, "1,1,a,1,,\n2,1,b,1,,\n", FIRST)
    assert audits(lake.refined(["application_train"], FIRST))["emprestimos_por_tipo", "unique_key"] is True

    sql = lake.catalogue["refined"]["emprestimos_por_tipo"]["sql"]
    lake.catalogue["refined"]["emprestimos_por_tipo"]["sql"] = (
        f"{sql} union all select 'a', count(*) from trusted.application_train"
    )
    assert audits(lake.refined(["application_train"], FIRST))["emprestimos_por_tipo", "unique_key"] is False


def changes(lake, slot):
    """What the slot's run says of the slot before it, in the branch of that run."""
    (row,) = lake.rows(
        f"select cast(ts_anterior as string), anteriores from refined.variacao_dados.branch_run_{slot} "
        f"where date_format(ts_referencia, 'yyyyMMdd HHmmss') = '{slot[:8]} {slot[9:15]}'"
    )
    return row


def publish_rates(lake, *slots):
    """Slots of which the first publishes one defaulter, the second two, and so on."""
    for n, slot in enumerate(slots, start=1):
        lake.run({"application_train": [lake.deliver(LOANS + f"{n},1,a,1,,\n")]}, slot)


def test_an_indicator_that_looks_back_sees_the_slot_before_and_not_the_rows_of_its_own_run(lake):
    lake.catalogue = catalogue(refined=[DEFAULT_RATE, CHANGE])
    publish_rates(lake, FIRST, SECOND)
    deliver(lake, "7,1,a,1,,\n8,1,a,1,,\n", THIRD)
    lake.refined(["application_train"], THIRD)

    assert changes(lake, THIRD) == ("2026-11-24 21:00:00", 2)


def test_the_first_slot_of_all_looks_back_on_an_empty_table(lake):
    lake.catalogue = catalogue(refined=[CHANGE, DEFAULT_RATE])
    lake.refined([], FIRST)

    assert changes(lake, FIRST) == (None, None)


def test_a_slot_that_was_not_published_does_not_exist_for_later_ones(lake):
    lake.catalogue = catalogue(refined=[DEFAULT_RATE, CHANGE])
    publish_rates(lake, FIRST)
    lake.refined([], SECOND)
    lake.refined([], THIRD)

    assert changes(lake, THIRD) == ("2026-11-24 09:00:00", 1)


def test_a_slot_that_is_made_again_later_looks_back_on_the_same_rows(lake):
    lake.catalogue = catalogue(refined=[DEFAULT_RATE, CHANGE])
    publish_rates(lake, FIRST, SECOND, THIRD)
    lake.refined([], SECOND, 2)
    lake.refined([], FIRST, 2)

    assert changes(lake, SECOND) == ("2026-11-24 09:00:00", 1)
    assert changes(lake, FIRST) == (None, None)


def test_what_is_looked_back_on_is_the_base_of_the_run_however_far_main_has_moved(lake):
    lake.catalogue = catalogue(refined=[DEFAULT_RATE, CHANGE])
    publish_rates(lake, FIRST)
    base = dict(lake.published)
    publish_rates(lake, SECOND)
    lake.published = base
    lake.refined([], THIRD)

    assert changes(lake, THIRD) == ("2026-11-24 09:00:00", 1)


def test_an_indicator_that_looks_back_on_a_table_without_a_base_in_the_manifest_is_refused(lake):
    lake.catalogue = catalogue(refined=[DEFAULT_RATE, CHANGE])

    with pytest.raises(
        JobError, match="variacao looks back on taxa_inadimplencia, of which the manifest gives no base"
    ):
        lake.step("refined", FIRST, 1, tables=[{"table": "variacao", "base": None}], written=[])
