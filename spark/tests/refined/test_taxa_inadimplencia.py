import random
from decimal import Decimal

from exact import rate

COLUMNS = "sk_id_curr bigint, target int"


def test_defaulters_are_counted_over_clients_with_a_known_outcome(indicator):
    table = indicator("taxa_inadimplencia").given(
        "application_train", COLUMNS, [(1, 1), (2, 0), (3, 0), (4, None), (5, 1), (6, 0), (7, 0)]
    )
    assert table.rows() == [(2, 6, Decimal("0.333333"))]


def test_without_defaulters_the_rate_is_zero_and_not_null(indicator):
    table = indicator("taxa_inadimplencia").given("application_train", COLUMNS, [(1, 0), (2, None)])
    assert table.rows() == [(0, 1, Decimal("0.000000"))]


def test_without_any_known_outcome_there_is_one_row_with_zeros_and_a_null_rate(indicator):
    table = indicator("taxa_inadimplencia")
    assert table.given("application_train", COLUMNS, [(1, None)]).rows() == [(0, 0, None)]
    assert table.given("application_train", COLUMNS, []).rows() == [(0, 0, None)]


def test_its_types_are_those_of_the_rules(indicator):
    table = indicator("taxa_inadimplencia").given("application_train", COLUMNS, [])
    assert table.types() == ["bigint", "bigint", "decimal(9,6)"]


def test_the_rate_is_the_exact_quotient_rounded_half_up_once_for_any_counts(indicator):
    pairs = [*_ties(), *_just_beside_ties(), *_random_pairs(), (24825, 307511), (0, 1), (1, 1), (1, 3), (0, 0)]
    table = indicator("taxa_inadimplencia").given("application_train", COLUMNS, [])
    table.given_step("contagem", "inadimplentes bigint, clientes_com_desfecho bigint", pairs)

    wrong = [row for row in table.rows() if row[2] != rate(row[0], row[1])]

    assert wrong == []


def _ties() -> list[tuple[int, int]]:
    """Quotients that lie exactly between two rates."""
    return [(k, 2_000_000) for k in (1, 3, 5, 999_999, 1_999_999)] + [(k * 500, 10**9) for k in (1, 3, 13)]


def _just_beside_ties() -> list[tuple[int, int]]:
    """As near to a tie as counts of this size can come: 2 000 000 n = m d - 1, and the same with + 1."""
    chance = random.Random(20260105)
    pairs = []
    for _ in range(300):
        d = chance.randrange(10**5, 10**11)
        while d % 2 == 0 or d % 5 == 0:
            d += 1
        for side in (1, -1):
            m = side * pow(d, -1, 2_000_000) % 2_000_000
            pairs.append(((m * d - side) // 2_000_000, d))
    return pairs


def _random_pairs() -> list[tuple[int, int]]:
    chance = random.Random(7)
    return [
        (chance.randrange(d + 1), d) for d in (chance.randrange(1, 10 ** chance.randrange(1, 12)) for _ in range(500))
    ]
