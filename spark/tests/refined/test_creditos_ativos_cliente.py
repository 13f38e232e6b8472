import random
from decimal import Decimal
from fractions import Fraction

from exact import half_up

APPLICATION = "sk_id_curr bigint, amt_income_total decimal(18,3)"
BUREAU = (
    "sk_id_bureau bigint, sk_id_curr bigint, credit_active string, credit_currency string, "
    "amt_credit_sum_debt decimal(18,3), amt_credit_sum_limit decimal(18,3)"
)
ZERO = Decimal("0.000")


def rows_of(indicator, bureau: list[tuple], train: list[tuple] = (), test: list[tuple] = ()) -> list[tuple]:
    """Bureau credits as (client, state, currency, debt, limit)."""
    table = indicator("creditos_ativos_cliente")
    table.given("bureau", BUREAU, [(n, *row) for n, row in enumerate(bureau)])
    table.given("application_train", APPLICATION, list(train)).given("application_test", APPLICATION, list(test))
    return table.rows()


def test_debt_and_limit_are_those_of_the_active_credits_and_set_against_the_income(indicator):
    rows = rows_of(
        indicator,
        train=[(1, "3000")],
        bureau=[
            (1, "Active", "currency 1", "1000", "50.5"),
            (1, "Active", "currency 1", "0.125", "9"),
            (1, "Closed", "currency 1", "700", "700"),
            (1, "Sold", "currency 1", "700", "700"),
            (1, "Bad debt", "currency 1", "700", "700"),
        ],
    )
    assert rows == [(1, 2, 5, Decimal("1000.125"), Decimal("59.500"), Decimal("3000.000"), Decimal("0.333375"))]


def test_credits_in_other_currencies_count_as_credits_and_their_amounts_are_not_added(indicator):
    rows = rows_of(
        indicator,
        train=[(1, "100")],
        bureau=[
            (1, "Active", "currency 1", "10", "1"),
            (1, "Active", "currency 2", "900", "90"),
            (1, "Active", None, "900", "90"),
        ],
    )
    assert rows == [(1, 3, 3, Decimal("10.000"), Decimal("1.000"), Decimal("100.000"), Decimal("0.100000"))]


def test_an_empty_amount_adds_zero_and_a_negative_one_counts_as_it_is(indicator):
    rows = rows_of(
        indicator,
        train=[(1, "100"), (2, "100")],
        bureau=[
            (1, "Active", "currency 1", None, None),
            (2, "Active", "currency 1", "-30", "-2"),
            (2, "Active", "currency 1", "5", None),
        ],
    )
    assert rows == [
        (1, 1, 1, ZERO, ZERO, Decimal("100.000"), Decimal("0.000000")),
        (2, 2, 2, Decimal("-25.000"), Decimal("-2.000"), Decimal("100.000"), Decimal("-0.250000")),
    ]


def test_clients_of_train_and_test_without_bureau_credits_have_zeros(indicator):
    rows = rows_of(indicator, bureau=[], train=[(1, "100")], test=[(2, "50")])
    assert rows == [
        (1, 0, 0, ZERO, ZERO, Decimal("100.000"), Decimal("0.000000")),
        (2, 0, 0, ZERO, ZERO, Decimal("50.000"), Decimal("0.000000")),
    ]


def test_a_client_of_bureau_alone_and_one_without_income_have_no_ratio(indicator):
    credit = ("Active", "currency 1", "10", "0")
    rows = rows_of(indicator, train=[(2, None), (3, "0")], bureau=[(1, *credit), (2, *credit), (3, *credit)])
    assert [(row[0], row[5], row[6]) for row in rows] == [(1, None, None), (2, None, None), (3, ZERO, None)]


def test_a_client_in_train_and_in_test_has_one_row_with_the_income_of_train(indicator):
    assert rows_of(indicator, bureau=[], train=[(1, "100")], test=[(1, "900")]) == [
        (1, 0, 0, ZERO, ZERO, Decimal("100.000"), Decimal("0.000000"))
    ]
    assert rows_of(indicator, bureau=[], train=[(1, None)], test=[(1, "900")])[0][5] is None


def test_a_credit_without_a_state_is_not_active_and_one_without_a_client_is_nobodys(indicator):
    rows = rows_of(indicator, bureau=[(1, None, "currency 1", "10", "1"), (None, "Active", "currency 1", "10", "1")])
    assert rows == [(1, 0, 1, ZERO, ZERO, None, None)]


def test_the_ratio_is_the_exact_quotient_rounded_half_up_once(indicator):
    # In thousandths: debts at or just below a tie between two ratios, which decimals of few digits would round twice.
    chance = random.Random(17)
    cases = [(1, 2_000_000), (-1, 2_000_000), (3, 1_999_999), (10**15, 10**6)]
    for _ in range(300):
        income = chance.randrange(10**6, 10**12)
        debt = (2 * chance.randrange(10**8) + 1) * income // 2_000_000
        cases += [(debt, income), (debt + 1, income), (-debt, income)]
    amount = [(format(Decimal(d).scaleb(-3), "f"), format(Decimal(i).scaleb(-3), "f")) for d, i in cases]

    rows = rows_of(
        indicator,
        train=[(n, income) for n, (_, income) in enumerate(amount)],
        bureau=[(n, "Active", "currency 1", debt, None) for n, (debt, _) in enumerate(amount)],
    )

    assert [row[6] for row in rows] == [half_up(Fraction(debt, income), 6) for debt, income in cases]


def test_its_types_are_those_of_the_rules(indicator):
    table = indicator("creditos_ativos_cliente").given("bureau", BUREAU, [])
    table.given("application_train", APPLICATION, []).given("application_test", APPLICATION, [])
    assert table.types() == [*["bigint"] * 3, *["decimal(38,3)"] * 3, "decimal(18,6)"]
