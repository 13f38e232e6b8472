from datetime import datetime
from decimal import Decimal

TRAIN = "sk_id_curr bigint, target int"
PUBLISHED = "taxa_inadimplencia decimal(9,6), ts_referencia timestamp_ntz"
SLOT = "2026-11-24 09:00:00"


def row_of(indicator, targets: list[int | None], published: dict[str, str | None], slot: str = SLOT) -> tuple:
    """Of clients with these outcomes, after slots that published these rates."""
    table = indicator("variacao_taxa_inadimplencia").at(slot)
    table.given("application_train", TRAIN, list(enumerate(targets)))
    table.given_published("taxa_inadimplencia", PUBLISHED, [(rate, slot) for slot, rate in published.items()])
    (row,) = table.rows()
    return row


def test_the_rate_stands_beside_that_of_the_slot_before_and_that_of_30_days_ago(indicator):
    row = row_of(
        indicator,
        [1, 0, 0, 0, None],
        {"2026-10-20 09:00:00": "0.300000", "2026-10-23 09:00:00": "0.262500", "2026-11-23 21:00:00": "0.241234"},
    )
    assert row == (
        Decimal("0.250000"),
        1,
        4,
        datetime(2026, 11, 23, 21),
        Decimal("0.241234"),
        Decimal("0.8766"),
        datetime(2026, 10, 23, 9),
        Decimal("0.262500"),
        Decimal("-1.2500"),
    )


def test_thirty_days_are_720_hours_and_a_slot_just_that_far_back_is_one(indicator):
    on_the_hour = row_of(indicator, [1], {"2026-10-25 09:00:00": "0.5"})
    assert on_the_hour[6:] == (datetime(2026, 10, 25, 9), Decimal("0.500000"), Decimal("50.0000"))
    a_second_later = row_of(indicator, [1], {"2026-10-25 09:00:01": "0.5"})
    assert a_second_later[3:] == (
        datetime(2026, 10, 25, 9, 0, 1),
        Decimal("0.500000"),
        Decimal("50.0000"),
        None,
        None,
        None,
    )


def test_the_slot_before_may_be_the_one_of_30_days_ago_too(indicator):
    row = row_of(indicator, [0], {"2026-08-01 09:00:00": "0.1"})
    assert row[3:6] == row[6:9] == (datetime(2026, 8, 1, 9), Decimal("0.100000"), Decimal("-10.0000"))


def test_rows_of_the_slot_itself_and_of_later_ones_do_not_exist_for_it(indicator):
    published = {"2026-11-23 21:00:00": "0.1", SLOT: "0.7", "2026-11-24 21:00:00": "0.9"}
    assert row_of(indicator, [1, 0], published)[3:6] == (
        datetime(2026, 11, 23, 21),
        Decimal("0.100000"),
        Decimal("40.0000"),
    )


def test_the_first_slot_of_all_has_nothing_to_compare_with(indicator):
    assert row_of(indicator, [1, 0], {}) == (Decimal("0.500000"), 1, 2, *[None] * 6)


def test_an_earlier_slot_without_a_rate_is_still_the_one_before_and_gives_no_difference(indicator):
    row = row_of(indicator, [1], {"2026-11-20 09:00:00": "0.1", "2026-11-23 09:00:00": None})
    assert row[3:6] == (datetime(2026, 11, 23, 9), None, None)


def test_without_a_known_outcome_rate_and_differences_are_null(indicator):
    row = row_of(indicator, [None], {"2026-10-01 09:00:00": "0.1"})
    assert row == (
        None,
        0,
        0,
        datetime(2026, 10, 1, 9),
        Decimal("0.100000"),
        None,
        datetime(2026, 10, 1, 9),
        Decimal("0.100000"),
        None,
    )


def test_without_defaulters_the_rate_is_zero(indicator):
    assert row_of(indicator, [0, 0], {"2026-11-23 09:00:00": "1"})[:6] == (
        Decimal("0.000000"),
        0,
        2,
        datetime(2026, 11, 23, 9),
        Decimal("1.000000"),
        Decimal("-100.0000"),
    )


def test_the_difference_is_that_of_the_published_rates_and_not_of_the_quotients(indicator):
    # 1/3 is published as 0.333333, so that 2/3 less 1/3 is 33.3334 points and not 33.3333.
    row = row_of(indicator, [1, 1, 0], {"2026-11-23 09:00:00": "0.333333"})
    assert row[5] == Decimal("33.3334")


def test_its_types_are_those_of_the_rules(indicator):
    table = indicator("variacao_taxa_inadimplencia").given("application_train", TRAIN, [])
    table.given_published("taxa_inadimplencia", PUBLISHED, [])
    before = ["timestamp_ntz", "decimal(9,6)", "decimal(9,4)"]
    assert table.types() == ["decimal(9,6)", "bigint", "bigint", *before, *before]
