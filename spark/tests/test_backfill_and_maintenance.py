"""A compaction beside a backfill: main has other files than were published, and the same rows.

A backfill plays without holding the lake, so that a maintenance can compact at any moment before its plan, and by hand
somebody can after it. The plan names the snapshots that were published: a main that only compactions parted from one of
them stands for it. What a compaction wrote is given up then, never a row.
"""

import pytest
from lake import figures
from test_backfill import BRANCH, FOURTH, Backfill, bad_loans, by_type, loans, publish_three_slots
from test_rebuild import LOANS, SECOND, THIRD, differing, main, rebuild, references, run

from podlake_spark.errors import JobError
from podlake_spark.iceberg import LakeTable

TABLE = "trusted.application_train"
MENDED = [(1, 0, "a"), (2, 0, "b"), (3, 0, "c"), (6, 1, "c"), (7, 7, "b")]
MENDED_BY_TYPE = [
    *[("24 09", "a", 2), ("24 21", "a", 1), ("24 21", "b", 3)],
    *[("25 09", "a", 1), ("25 09", "b", 2), ("25 09", "c", 2)],
]


def publish_and_play(lake):
    publish_three_slots(lake)
    Backfill(lake).play([SECOND, THIRD])


@pytest.fixture
def published(begun):
    return begun(publish_three_slots)


@pytest.fixture
def played(begun):
    backfill = Backfill(begun(publish_and_play))
    backfill.slots = [SECOND, THIRD]
    return backfill


def compact(lake, tables=None):
    """As a maintenance does, from what the control database knows as published. Main is at another snapshot after it."""
    tables = tables or [TABLE, *(f"refined.{name}_dados" for name in lake.catalogue["refined"])]
    none = {"dropBranches": [], "dropTags": [], "expireBefore": None, "orphansBefore": None}
    work = [{"table": name, "compactFrom": lake.published[name], **none} for name in tables]
    metrics = lake.step("maintenance", "20261129T070000Z", 3, tables=work)
    for name in tables:
        assert figures(metrics, name)["compaction"]["to"] == main(lake, name) != lake.published[name]


def stands(backfill):
    """Main and the tags of the slots are where the backfill played to, and its branch is gone."""
    lake = backfill.lake
    heads = {}
    for slot in backfill.slots:
        for name, at in backfill.after[slot].items():
            assert LakeTable(lake.spark, name).snapshot(f"slot_{slot}") == at
            heads[name] = at
    assert {name: main(lake, name) for name in heads} == heads
    assert BRANCH not in str(references(lake))


def test_a_backfill_takes_the_place_of_a_main_that_was_compacted_after_it_had_played(played):
    lake = played.lake
    before = loans(lake)
    compact(lake)
    assert loans(lake) == before

    played.publish()

    assert (loans(lake), by_type(lake)) == (MENDED, MENDED_BY_TYPE)
    assert differing(rebuild(lake)) == {}
    assert bad_loans(lake) == [("24 21", "raw", "5"), ("24 21", "trusted", "4")]
    stands(played)


def test_a_backfill_that_begins_after_a_compaction_plays_from_the_snapshots_of_the_slots(published):
    compact(published)
    backfill = Backfill(published)
    backfill.play([SECOND, THIRD])
    backfill.publish()

    assert (loans(published), by_type(published)) == (MENDED, MENDED_BY_TYPE)
    assert differing(rebuild(published)) == {}
    stands(backfill)


def test_a_slot_that_was_published_on_a_compacted_main_is_played_like_any_other(played):
    lake = played.lake
    compact(lake)
    late = lake.deliver(LOANS + "1,7,d,1,,\n9\n", name="nova.csv")
    run(lake, FOURTH, application_train=[late])
    compact(lake)
    played.plan()
    played.play([FOURTH], start={name: at for heads in played.after.values() for name, at in heads.items()})
    played.publish()

    assert loans(lake) == [(1, 7, "d"), *MENDED[1:]]
    assert differing(rebuild(lake)) == {}
    stands(played)


def test_a_plan_that_was_committed_before_a_compaction_is_completed_all_the_same(played):
    """A plan is only ever completed: there is no other that could take its place."""
    lake = played.lake
    plan = played.plan()
    compact(lake)

    lake.step("publish", THIRD, 2, **plan)

    assert (loans(lake), by_type(lake)) == (MENDED, MENDED_BY_TYPE)
    stands(played)


@pytest.mark.parametrize("moment", ["switch_main", "has_snapshot"])
def test_a_compaction_in_the_moment_of_the_switch_is_refused_and_the_next_try_completes_it(played, monkeypatch, moment):
    """``switch_main`` is called after main was looked at, and ``has_snapshot`` by it before its commit."""
    lake = played.lake
    before, compacted = loans(lake), []
    with monkeypatch.context() as meanwhile:
        original = getattr(LakeTable, moment)

        def after_a_compaction(table, *arguments):
            if table.name == TABLE:
                meanwhile.setattr(LakeTable, moment, original)
                compact(lake, [TABLE])
                compacted.append(main(lake, TABLE))
            return original(table, *arguments)

        meanwhile.setattr(LakeTable, moment, after_a_compaction)
        with pytest.raises(JobError, match=f"^table {TABLE}: somebody else wrote this table while .* the next run"):
            lake.step("publish", THIRD, 2, **played.plan())
    assert main(lake, TABLE) == compacted[0]
    assert loans(lake) == before

    played.publish()

    assert (loans(lake), by_type(lake)) == (MENDED, MENDED_BY_TYPE)
    assert differing(rebuild(lake)) == {}
    stands(played)


def test_what_a_backfill_published_is_compacted_and_the_next_run_and_backfill_build_on_it(played):
    lake = played.lake
    played.publish()
    compact(lake, [TABLE])
    run(lake, FOURTH, application_train=[lake.deliver(LOANS + "1,7,d,1,,\n9\n", name="nova.csv")])
    second = Backfill(lake, branch="backfill_2", attempt=3)
    second.play([THIRD, FOURTH])
    second.publish()

    assert loans(lake) == [(1, 7, "d"), *MENDED[1:]]
    assert differing(rebuild(lake)) == {}
    stands(second)
