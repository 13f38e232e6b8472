import random
from decimal import Decimal
from fractions import Fraction
from statistics import median

from exact import half_up

PAYMENTS = (
    "sk_id_prev bigint, sk_id_curr bigint, num_instalment_version int, num_instalment_number int, "
    "days_instalment int, days_entry_payment int"
)
TRAIN = "sk_id_curr bigint, target int"
DEFAULTER, PAYER, UNKNOWN, STRANGER = 1, 2, 3, 4


def rows_of(indicator, payments: list[tuple]) -> dict[str, tuple]:
    """The rows by group, without it. Client 1 defaulted, 2 did not, of 3 nothing is known, 4 has no application in train."""
    table = indicator("tempo_medio_atraso").given("installments_payments", PAYMENTS, payments)
    table.given("application_train", TRAIN, [(DEFAULTER, 1), (PAYER, 0), (UNKNOWN, None)])
    return {row[0]: row[1:] for row in table.rows()}


def paid(client: int, *delays: int | None) -> list[tuple]:
    """Instalments due on day -100, each paid so many days later; None is one that was not paid."""
    return [
        (client, client, 1, n, -100, None if delay is None else -100 + delay) for n, delay in enumerate(delays, start=1)
    ]


def test_instalments_are_counted_by_the_outcome_of_their_client_and_all_of_them_in_todos(indicator):
    rows = rows_of(
        indicator, paid(DEFAULTER, 10, 20, 0) + paid(PAYER, -5, 1) + paid(UNKNOWN, 4) + paid(STRANGER, None, 7)
    )
    assert rows == {
        "Inadimplentes": (1, 3, 3, 0, 2, 30, Decimal("15.00"), Decimal("15.00")),
        "Adimplentes": (2, 2, 2, 0, 1, 1, Decimal("1.00"), Decimal("1.00")),
        "Todos": (3, 8, 7, 1, 5, 42, Decimal("8.40"), Decimal("7.00")),
    }


def test_an_instalment_paid_in_parts_is_one_whose_delay_is_that_of_its_last_payment(indicator):
    parts = [(9, PAYER, 1, 1, -100, -110), (9, PAYER, 1, 1, -100, -100), (9, PAYER, 1, 1, -100, -91)]
    assert rows_of(indicator, parts)["Adimplentes"] == (2, 1, 1, 0, 1, 9, Decimal("9.00"), Decimal("9.00"))


def test_an_instalment_with_a_paid_and_an_empty_part_is_paid(indicator):
    parts = [(9, PAYER, 1, 1, -100, None), (9, PAYER, 1, 1, -100, -100)]
    assert rows_of(indicator, parts)["Adimplentes"][1:5] == (1, 1, 0, 0)


def test_an_unpaid_instalment_is_never_late_and_enters_neither_mean_nor_median(indicator):
    rows = rows_of(indicator, paid(DEFAULTER, None, None, 3))
    assert rows["Inadimplentes"] == (1, 3, 1, 2, 1, 3, Decimal("3.00"), Decimal("3.00"))


def test_the_due_day_is_the_greatest_of_the_rows(indicator):
    moved = [(9, PAYER, 1, 1, -100, -97), (9, PAYER, 1, 1, -98, -99)]
    assert rows_of(indicator, moved)["Adimplentes"][4:6] == (1, 1)


def test_version_and_number_of_the_plan_tell_instalments_apart(indicator):
    rows = [
        (9, PAYER, 0, 1, -100, -99),
        (9, PAYER, 1, 1, -100, -99),
        (9, PAYER, 1, 2, -100, -99),
        (8, PAYER, 1, 1, -100, -99),
    ]
    assert rows_of(indicator, rows)["Adimplentes"][1] == 4


def test_an_instalment_paid_without_a_due_day_is_paid_and_not_late(indicator):
    assert rows_of(indicator, [(9, PAYER, 1, 1, None, -5)])["Adimplentes"] == (2, 1, 1, 0, 0, 0, None, None)


def test_without_late_instalments_there_is_neither_mean_nor_median(indicator):
    assert rows_of(indicator, paid(PAYER, 0, -3))["Adimplentes"] == (2, 2, 2, 0, 0, 0, None, None)


def test_the_three_groups_stand_even_without_any_instalment(indicator):
    assert rows_of(indicator, []) == {
        "Inadimplentes": (1, 0, 0, 0, 0, 0, None, None),
        "Adimplentes": (2, 0, 0, 0, 0, 0, None, None),
        "Todos": (3, 0, 0, 0, 0, 0, None, None),
    }


def test_mean_and_median_are_exact_and_rounded_half_up_once(indicator):
    chance = random.Random(13)
    for size in (1, 2, 7, 40, 125):  # Of 8 and of 200 delays the mean can lie on a tie of two decimals.
        delays = [chance.choice([1, 2, 3, 900, chance.randrange(1, 2000)]) for _ in range(8 * size)]
        row = rows_of(indicator, paid(DEFAULTER, *delays))["Inadimplentes"]
        mean = half_up(Fraction(sum(delays), len(delays)), 2)
        assert row[4:] == (len(delays), sum(delays), mean, half_up(median(map(Fraction, delays)), 2))


def test_its_types_are_those_of_the_rules(indicator):
    table = indicator("tempo_medio_atraso").given("installments_payments", PAYMENTS, [])
    table.given("application_train", TRAIN, [])
    assert table.types() == ["string", "int", *["bigint"] * 5, "decimal(9,2)", "decimal(9,2)"]
