"""A schema that grows: a new optional column and a wider type, over a history that is not written again."""

import copy
from decimal import Decimal

import pytest
from lake import DEFAULT_RATE, catalogue, column
from test_rebuild import differing, rebuild, run

from podlake_spark.errors import JobError
from podlake_spark.table_creation import is_wider

FIRST, SECOND, THIRD = "20261124T090000Z", "20261124T210000Z", "20261125T090000Z"
OLD = "SK_ID_CURR,TARGET,NAME_CONTRACT_TYPE,AMT_CREDIT,DAYS_EMPLOYED,EXT_SOURCE_1\n"
NEW = "SK_ID_CURR,TARGET,NAME_CONTRACT_TYPE,AMT_CREDIT,DAYS_EMPLOYED,EXT_SOURCE_1,CANAL\n"

CHANNELS = {
    **DEFAULT_RATE,
    "sql": "select count(canal) as inadimplentes, count(*) as clientes_com_desfecho from trusted.application_train",
}


@pytest.fixture
def grown(lake):
    """One slot under the old catalogue; then CANAL is declared, DAYS_EMPLOYED is a bigint and AMT_CREDIT of more digits."""
    run(lake, FIRST, application_train=[lake.deliver(OLD + "1,0,a,1,-7,\n2,0,a,1,,\n3,0,a,1,-9,\n", name="velho.csv")])
    lake.first_files = data_files(lake)
    new = copy.deepcopy(lake.catalogue["trusted"]["application_train"])
    new["columns"].append(column("CANAL", "string"))
    change_type(new, "days_employed", "bigint")
    change_type(new, "amt_credit", "decimal(20,3)")
    lake.catalogue = catalogue(tables=(new,), refined=(CHANNELS,))
    return lake


def change_type(table, name, kind):
    (changed,) = [column for column in table["columns"] if column["name"] == name]
    changed["type"] = kind


def data_files(lake):
    """The data files that readers see now."""
    return {row[0] for row in lake.rows("select file_path from lake.trusted.application_train.files where content = 0")}


def rows(lake):
    return lake.rows("select sk_id_curr, days_employed, canal from trusted.application_train order by 1")


def test_a_new_column_is_null_in_history_and_wider_types_take_larger_values_without_rewriting_a_file(grown):
    large = "12345678901234567.125"  # Of 17 digits before the point, where decimal(18,3) has room for 15.
    delivery = grown.deliver(NEW + f"1,0,a,1.0,-7,,\n2,0,a,1,,,web\n4,1,a,{large},-3000000000,,loja\n", name="novo.csv")
    run(grown, SECOND, application_train=[delivery])

    assert rows(grown) == [(1, -7, None), (2, None, "web"), (3, -9, None), (4, -3000000000, "loja")]
    credits = grown.rows("select amt_credit from trusted.application_train order by sk_id_curr")
    assert credits == [(Decimal(1),), (Decimal(1),), (Decimal(1),), (Decimal(large),)]
    assert dict(grown.spark.table("lake.trusted.application_train").dtypes)["amt_credit"] == "decimal(20,3)"
    assert grown.first_files <= data_files(grown)
    raw = grown.spark.read.option("mergeSchema", "false").parquet(
        f"file:{grown.folder}/raw/application_train/slot={SECOND}"
    )
    assert {row["CANAL"] for row in raw.select("CANAL").collect()} == {None, "web", "loja"}
    # Readers of the first slot see what they saw, and the row that came again with the same values is the old one.
    first = grown.snapshots_after[FIRST]["trusted.application_train"]
    assert grown.rows(f"select count(*) from trusted.application_train version as of {first}") == [(3,)]
    assert grown.rows("select arquivo_origem from trusted.application_train where sk_id_curr = 1") == [("velho.csv",)]
    assert differing(rebuild(grown)) == {}


def test_a_file_of_the_old_form_still_folds_and_a_row_that_it_brings_has_no_value_there(grown):
    run(grown, SECOND, application_train=[grown.deliver(NEW + "2,0,a,1,,,web\n", name="novo.csv")])
    run(grown, THIRD, application_train=[grown.deliver(OLD + "2,0,a,1,,\n3,0,a,1,-9,\n", name="velho2.csv")])

    assert rows(grown) == [(1, -7, None), (2, None, None), (3, -9, None)]
    assert differing(rebuild(grown)) == {}


@pytest.mark.parametrize(("name", "kind"), [("sk_id_curr", "int"), ("amt_credit", "double"), ("target", "string")])
def test_a_type_that_does_not_widen_is_refused_with_the_reason(grown, name, kind):
    change_type(grown.catalogue["trusted"]["application_train"], name, kind)

    with pytest.raises(JobError, match=f"a type may only widen: {name} is .*, not {kind}"):
        grown.trusted(grown.raw({"application_train": [grown.deliver(NEW + "9,0,a,1,,,\n")]}, SECOND), SECOND)


@pytest.mark.parametrize(
    ("before", "after", "wider"),
    [
        ("int", "bigint", True),
        ("float", "double", True),
        ("decimal(9,2)", "decimal(18,2)", True),
        ("bigint", "int", False),
        ("int", "double", False),
        ("decimal(18,2)", "decimal(9,2)", False),
        ("decimal(9,2)", "decimal(18,3)", False),
    ],
)
def test_what_widens_is_what_iceberg_can_promote(before, after, wider):
    assert is_wider(after, than=before) is wider
