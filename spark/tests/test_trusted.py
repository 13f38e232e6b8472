"""Trusted on Iceberg: what a slot writes to its branch, and what its figures say."""

from decimal import Decimal

import pytest
from lake import audits, figures

from podlake_spark.errors import JobError

LOANS = "SK_ID_CURR,TARGET,NAME_CONTRACT_TYPE,AMT_CREDIT,DAYS_EMPLOYED,EXT_SOURCE_1\n"
PAYMENTS = "SK_ID_PREV,NUM_INSTALMENT_NUMBER,DAYS_ENTRY_PAYMENT,AMT_PAYMENT\n"
FIRST, SECOND = "20261124T090000Z", "20261124T210000Z"
TERMS = ("inserted", "updated", "unchanged", "superseded", "conflicting", "quarantined", "erased")


def terms(metrics, table="application_train"):
    return tuple(figures(metrics, table)[name] for name in TERMS)


def branch_rows(lake, slot, columns="sk_id_curr, target", table="application_train"):
    return lake.rows(f"select {columns} from trusted.{table}.branch_run_{slot} order by 1, 2")


@pytest.fixture
def second(lake):
    """A published first slot with loans 1 to 3, then the trusted step of a second slot with the given text."""
    lake.fold("application_train", LOANS + "1,0,a,1,,\n2,0,a,1,,\n3,,a,1,,\n", FIRST)

    def fold(text, attempt=1):
        return lake.trusted(lake.raw({"application_train": [lake.deliver(text)]}, SECOND, attempt), SECOND, attempt)

    return fold


def test_a_slot_updates_and_inserts_on_its_branch_and_leaves_main_alone(lake, second):
    metrics = second(LOANS + "2,1,a,1,,\n3,,a,1,,\n4,0,a,1,,\n5,0,a,1,,\n4,1,a,1,,\n")

    assert terms(metrics) == (2, 1, 1, 1, 1, 0, 0)
    assert branch_rows(lake, SECOND) == [(1, 0), (2, 1), (3, None), (4, 1), (5, 0)]
    assert lake.rows("select sk_id_curr, target from trusted.application_train order by 1") == [
        (1, 0),
        (2, 0),
        (3, None),
    ]
    assert figures(metrics, "application_train")["totalRows"] == 5
    assert all(audits(metrics).values())


def test_a_row_says_which_slot_last_changed_it_and_which_file_brought_it(lake, second):
    second(LOANS + "1,0,a,1,,\n2,1,a,1,,\n")

    text = "cast(slot_atualizacao as string), arquivo_origem"
    assert branch_rows(lake, SECOND, f"sk_id_curr, {text}")[:2] == [
        (1, "2026-11-24 09:00:00", "arquivo.csv"),
        (2, "2026-11-24 21:00:00", "arquivo.csv"),
    ]


def test_a_delivery_that_changes_nothing_writes_nothing(lake, second):
    metrics = second(LOANS + "1,0.0,a,1.000,,\n2,0,a,1,365243,\n3,,a,1,,\n")
    table = figures(metrics, "application_train")

    assert terms(metrics) == (0, 0, 3, 0, 0, 0, 0)
    assert (table["snapshotTo"], table["bytes"]) == (table["snapshotFrom"], 0)


def test_a_delivery_of_known_keys_only_is_an_update_alone(lake, second):
    metrics = second(LOANS + "1,1,a,1,,\n2,1,a,1,,\n3,1,a,1,,\n")

    assert terms(metrics) == (0, 3, 0, 0, 0, 0, 0)
    assert branch_rows(lake, SECOND) == [(1, 1), (2, 1), (3, 1)]


def test_a_try_after_another_ends_as_if_it_had_been_the_only_one(lake, second):
    text = LOANS + "1,1,a,1,,\n4,0,a,1,,\nx,0,a,1,,\n"
    tries = [terms(second(text)), terms(second(text)), terms(second(text, attempt=2))]

    assert tries == [(1, 1, 0, 0, 0, 1, 0)] * 3
    assert branch_rows(lake, SECOND) == [(1, 1), (2, 0), (3, None), (4, 0)]
    assert lake.rows("select tentativa, count(*) from controle.quarentena group by 1") == [(2, 1)]


def test_rows_that_do_not_fit_are_in_quarantine_with_their_reasons(lake, second):
    metrics = second(LOANS + "4,7,a,1,,\n5,0,a,NA,,\n,3,a,1,,\n6,0,a,1,,\n")

    assert terms(metrics) == (1, 0, 0, 0, 0, 3, 0)
    assert figures(metrics, "application_train")["badRows"] == {
        "TARGET: fora_da_lista": 2,
        "AMT_CREDIT: tipo": 1,
        "SK_ID_CURR: chave_vazia": 1,
    }
    rows = lake.rows(
        "select tabela, cast(slot as string), camada, arquivo, get_json_object(texto, '$.SK_ID_CURR'), motivos "
        "from controle.quarentena order by 5"
    )
    assert [row[:5] for row in rows] == [
        ("application_train", "2026-11-24 21:00:00", "trusted", "arquivo.csv", key) for key in (None, "4", "5")
    ]
    assert [tuple(reason) for reason in rows[2][5]] == [("AMT_CREDIT", "NA", "tipo")]


def test_quarantine_is_emptied_by_a_try_without_bad_rows(lake, second):
    second(LOANS + "x,0,a,1,,\n")
    second(LOANS + "4,0,a,1,,\n")

    assert lake.rows("select * from controle.quarentena") == []


def test_more_bad_rows_than_the_tables_threshold_fail_the_audit(lake, second):
    good = "".join(f"{n},0,a,1,,\n" for n in range(10, 109))
    at_the_limit = second(LOANS + good + "x,0,a,1,,\n")
    over_it = second(LOANS + good + "x,0,a,1,,\n7,0,a\n")

    def judged(metrics):
        (audit,) = [audit for audit in metrics["audits"] if audit["audit"] == "bad_row_share"]
        return audit["value"], audit["passed"], figures(metrics, "application_train")["quarantined"]

    assert judged(at_the_limit) == (1 / 100, True, 1)
    assert judged(over_it) == (2 / 101, False, 1)


def test_updates_are_merged_null_safe_where_a_part_of_the_key_may_be_empty(lake):
    first = PAYMENTS + "1,1,,5\n1,1,-3,5\n1,2,,5\n"
    lake.fold("installments_payments", first, FIRST)
    raw = lake.raw({"installments_payments": [lake.deliver(PAYMENTS + "1,1,,6\n1,2,-4,5\n")]}, SECOND)
    metrics = lake.trusted(raw, SECOND)

    assert terms(metrics, "installments_payments") == (1, 1, 0, 0, 0, 0, 0)
    columns = "num_instalment_number, days_entry_payment, amt_payment"
    assert branch_rows(lake, SECOND, columns, "installments_payments") == [
        (1, None, Decimal("6.000")),
        (1, -3, Decimal("5.000")),
        (2, None, Decimal("5.000")),
        (2, -4, Decimal("5.000")),
    ]


def test_many_slots_after_one_another_count_live_rows_right(lake):
    for day in range(1, 5):
        slot = f"2026120{day}T090000Z"
        text = LOANS + "".join(f"{n},{day % 2},a,{day},,\n" for n in range(day, day + 3))
        metrics = lake.fold("application_train", text, slot)

        table = figures(metrics, "application_train")
        assert table["totalRows"] == lake.rows("select count(*) from trusted.application_train")[0][0] == day + 2
        assert terms(metrics)[:2] == ((3, 0) if day == 1 else (1, 2))


def test_updates_of_one_data_file_in_slot_after_slot_are_counted_once_each(lake):
    lake.fold("application_train", LOANS + "".join(f"{n},0,a,1,,\n" for n in range(1, 7)), FIRST)
    for day, key in enumerate((1, 2, 3), start=1):
        metrics = lake.fold("application_train", LOANS + f"{key},1,a,1,,\n", f"2026120{day}T090000Z")

        assert terms(metrics) == (0, 1, 0, 0, 0, 0, 0)
        assert audits(metrics)["application_train", "conservation"]
    assert lake.rows("select sum(target), count(*) from trusted.application_train") == [(3, 6)]


def test_a_column_that_the_catalogue_gains_is_added_and_compared(lake, second):
    table = lake.catalogue["trusted"]["application_train"]
    extra = {**table["columns"][1], "name": "cnt_children", "source": "CNT_CHILDREN", "accepted": None}
    table["columns"] = [*table["columns"], extra]
    source = lake.catalogue["sources"]["application_train"]
    source["columns"] = [*source["columns"], {"name": "CNT_CHILDREN"}]
    try:
        metrics = second(LOANS.strip() + ",CNT_CHILDREN\n1,0,a,1,,,2\n2,0,a,1,,,\n")
    finally:
        table["columns"], source["columns"] = table["columns"][:-1], source["columns"][:-1]

    assert terms(metrics) == (0, 1, 1, 0, 0, 0, 0)
    assert branch_rows(lake, SECOND, "sk_id_curr, cnt_children") == [(1, 2), (2, None), (3, None)]


def test_a_base_that_the_table_does_not_have_is_refused(lake, second):
    raw = lake.raw({"application_train": [lake.deliver(LOANS + "1,1,a,1,,\n")]}, SECOND)

    with pytest.raises(JobError, match="trusted.application_train has no snapshot 12345"):
        lake.trusted(raw, SECOND, bases={"trusted.application_train": "12345"})


def test_one_table_that_fails_is_named_and_the_others_finish(lake):
    raw = lake.raw(
        {
            "application_train": [lake.deliver(LOANS + "1,1,a,1,,\n")],
            "installments_payments": [lake.deliver(PAYMENTS + "1,1,,5\n")],
        },
        FIRST,
    )
    with pytest.raises(JobError, match="^table application_train: .* no snapshot 1,"):
        lake.trusted(raw, FIRST, bases={"trusted.application_train": "1"})

    states = {table["table"]: table["state"] for table in lake.progress("trusted", FIRST)["tables"]}
    assert states == {"application_train": "failed", "installments_payments": "done"}
    assert lake.rows(f"select count(*) from trusted.installments_payments.branch_run_{FIRST}") == [(1,)]


def test_rows_that_raw_wrote_and_trusted_did_not_read_are_missed(lake):
    other_header = "TARGET,SK_ID_CURR,NAME_CONTRACT_TYPE,AMT_CREDIT,DAYS_EMPLOYED,EXT_SOURCE_1\n"
    files = [lake.deliver(LOANS + "1,0,a,1,,\n2,0,a,1,,\n"), lake.deliver(other_header + "0,3,a,1,,\n", name="b.csv")]
    raw = lake.raw({"application_train": files})
    table = raw["tables"][0]
    table["outputs"] = table["outputs"][:1]
    seen = audits(lake.trusted(raw))

    assert seen[("application_train", "rows_from_raw")] is False
    assert seen[("application_train", "conservation")] is True
