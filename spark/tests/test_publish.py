"""Publish: main moves by the plan alone, and a plan that was cut short can be completed."""

import pytest
from lake import figures

from podlake_spark.errors import JobError

LOANS = "SK_ID_CURR,TARGET,NAME_CONTRACT_TYPE,AMT_CREDIT,DAYS_EMPLOYED,EXT_SOURCE_1\n"
FIRST, SECOND = "20261124T090000Z", "20261124T210000Z"
TABLES = ("trusted.application_train", "refined.taxa_inadimplencia_dados")


def refs(lake, table):
    return dict(lake.rows(f"select name, cast(snapshot_id as string) from {table}.refs"))


def prepare_second_slot(lake):
    """A published slot, and a second one whose trusted and refined are on their branches."""
    lake.run({"application_train": [lake.deliver(LOANS + "1,0,a,1,,\n")]}, FIRST)
    raw = lake.raw({"application_train": [lake.deliver(LOANS + "1,1,a,1,,\n2,1,a,1,,\n")]}, SECOND)
    trusted = lake.trusted(raw, SECOND)
    lake.ready = (trusted, lake.refined(["application_train"], SECOND))


@pytest.fixture
def ready(begun):
    return begun(prepare_second_slot).ready


def test_main_moves_to_the_branch_the_tag_stands_there_and_the_branch_is_gone(lake, ready):
    metrics = lake.publish(*ready, SECOND)

    for table in TABLES:
        moved = figures(metrics, table)
        assert moved["moved"] is True
        assert refs(lake, table) == {
            "main": moved["to"],
            f"slot_{FIRST}": moved["from"],
            f"slot_{SECOND}": moved["to"],
        }
    assert lake.rows("select sk_id_curr, target from trusted.application_train order by 1") == [(1, 1), (2, 1)]


def test_a_plan_that_was_carried_out_can_be_carried_out_again(lake, ready):
    plan = dict(lake.published)
    lake.publish(*ready, SECOND)
    before = [refs(lake, table) for table in TABLES]
    lake.published = plan
    metrics = lake.publish(*ready, SECOND)

    assert [table["moved"] for table in metrics["tables"]] == [False, False]
    assert [refs(lake, table) for table in TABLES] == before


def test_a_plan_cut_short_after_any_of_its_tables_is_completed_to_the_same_lake(lake, ready):
    """Table by table: each way to be cut gives the snapshots, tags and branches that an uncut publication gives."""
    base, (trusted, refined) = dict(lake.published), ready
    before = {table: refs(lake, table) for table in TABLES}
    moves = {f"trusted.{t['table']}": t for t in trusted["tables"]}
    moves |= {f"refined.{t['table']}_dados": t for t in refined["tables"]}
    assert tuple(moves) == TABLES
    planned = {
        table: {"main": move["snapshotTo"], f"slot_{FIRST}": base[table], f"slot_{SECOND}": move["snapshotTo"]}
        for table, move in moves.items()
    }
    for moved in range(len(TABLES) + 1):
        for table in TABLES:
            stand_as(lake, table, before[table])
        lake.published = dict(base)
        cut = [t for name, t in moves.items() if name in TABLES[:moved]]
        lake.publish({"tables": cut[:1]}, {"tables": cut[1:]}, SECOND)
        expected = {t: (planned if t in TABLES[:moved] else before)[t] for t in TABLES}
        assert {table: refs(lake, table) for table in TABLES} == expected

        lake.published = dict(base)
        metrics = lake.publish(trusted, refined, SECOND)
        assert [table["moved"] for table in metrics["tables"]] == [t not in TABLES[:moved] for t in TABLES]
        assert {table: refs(lake, table) for table in TABLES} == planned
    assert lake.rows("select max(inadimplentes) from refined.taxa_inadimplencia_dados") == [(2,)]


def stand_as(lake, table, wanted):
    """Puts the references of a table back to where they stood."""
    for name in refs(lake, table).keys() - wanted.keys():
        lake.spark.sql(f"alter table lake.{table} drop tag {name}")
    lake.spark.sql(f"call lake.system.set_current_snapshot('{table}', {wanted['main']})")
    for name in wanted.keys() - refs(lake, table).keys():
        lake.spark.sql(f"alter table lake.{table} create branch {name} as of version {wanted[name]}")
    assert refs(lake, table) == wanted


def test_a_table_that_the_slot_left_as_it_was_gets_the_tag_alone(lake):
    lake.run({"application_train": [lake.deliver(LOANS + "1,0,a,1,,\n")]}, FIRST)
    raw = lake.raw({"application_train": [lake.deliver(LOANS + "1,0,a,1,,\n")]}, SECOND)
    metrics = lake.publish(lake.trusted(raw, SECOND), {"tables": []}, SECOND)

    main = refs(lake, "trusted.application_train")["main"]
    assert figures(metrics, "trusted.application_train")["moved"] is False
    assert refs(lake, "trusted.application_train") == {"main": main, f"slot_{FIRST}": main, f"slot_{SECOND}": main}


def test_a_table_that_stands_elsewhere_than_planned_is_not_moved(lake, ready):
    lake.spark.sql("delete from trusted.application_train where sk_id_curr = 1")

    with pytest.raises(JobError, match="table trusted.application_train: main is at .*, neither at .* nor at"):
        lake.publish(*ready, SECOND)
    assert lake.rows("select * from trusted.application_train") == []


def test_a_branch_that_is_not_where_the_plan_says_is_not_published(lake, ready):
    trusted, refined = ready
    trusted["tables"][0]["snapshotTo"] = "42"

    with pytest.raises(JobError, match=f"branch run_{SECOND} is at .*, the plan says 42"):
        lake.publish(trusted, refined, SECOND)
    assert lake.rows("select target from trusted.application_train") == [(0,)]
