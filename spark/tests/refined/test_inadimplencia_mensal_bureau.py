from decimal import Decimal

COLUMNS = "sk_id_bureau bigint, months_balance int, status string"


def rows_of(indicator, months: dict[int, str]) -> list[tuple]:
    """Each text is a month: a letter is the state of one credit, a blank is null."""
    rows = [
        (credit, month, None if status == " " else status)
        for month, states in months.items()
        for credit, status in enumerate(states)
    ]
    return indicator("inadimplencia_mensal_bureau").given("bureau_balance", COLUMNS, rows).rows()


def test_credits_over_90_days_are_those_of_states_4_and_5_over_all_known_ones(indicator):
    assert rows_of(indicator, {0: "0123", -1: "0045C"}) == [
        (-1, 5, 2, Decimal("0.400000")),
        (0, 4, 0, Decimal("0.000000")),
    ]


def test_closed_is_a_known_state_and_neither_x_nor_null_is_one(indicator):
    assert rows_of(indicator, {-7: "C5XX "}) == [(-7, 2, 1, Decimal("0.500000"))]


def test_a_month_of_x_alone_has_its_row_with_a_null_rate(indicator):
    assert rows_of(indicator, {-2: "XXX", -1: " "}) == [(-2, 0, 0, None), (-1, 0, 0, None)]


def test_without_months_there_are_no_rows(indicator):
    assert rows_of(indicator, {}) == []


def test_its_types_are_those_of_the_rules(indicator):
    table = indicator("inadimplencia_mensal_bureau").given("bureau_balance", COLUMNS, [])
    assert table.types() == ["int", "bigint", "bigint", "decimal(9,6)"]
