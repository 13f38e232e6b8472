from decimal import Decimal

COLUMNS = "sk_id_bureau bigint, months_balance int, status string"


def row_of(indicator, *histories: str) -> tuple:
    """Each text is a credit's history, a letter a month, the latest (month 0) last; a blank is a month with null."""
    rows = [
        (credit, n + 1 - len(history), None if status == " " else status)
        for credit, history in enumerate(histories)
        for n, status in enumerate(history)
    ]
    (row,) = indicator("taxa_recuperacao").given("bureau_balance", COLUMNS, rows).rows()
    return row


def test_a_credit_recovers_by_a_month_in_order_or_closed_after_its_default(indicator):
    assert row_of(indicator, "0045", "00450", "045C", "0012") == (3, 2, Decimal("0.666667"))


def test_of_a_credit_that_defaults_twice_the_last_default_decides(indicator):
    assert row_of(indicator, "045004") == (1, 0, Decimal("0.000000"))
    assert row_of(indicator, "0450040") == (1, 1, Decimal("1.000000"))


def test_months_in_order_before_the_default_are_no_recovery(indicator):
    assert row_of(indicator, "C000005") == (1, 0, Decimal("0.000000"))


def test_a_lesser_delay_or_an_unknown_month_after_the_default_is_no_recovery(indicator):
    assert row_of(indicator, "04321X ") == (1, 0, Decimal("0.000000"))
    assert row_of(indicator, "04321X 0") == (1, 1, Decimal("1.000000"))


def test_a_recovery_need_not_last(indicator):
    assert row_of(indicator, "5011") == (1, 1, Decimal("1.000000"))


def test_without_defaulted_credits_the_rate_is_null(indicator):
    assert row_of(indicator, "0123CX") == (0, 0, None)
    assert row_of(indicator) == (0, 0, None)


def test_its_types_are_those_of_the_rules(indicator):
    table = indicator("taxa_recuperacao").given("bureau_balance", COLUMNS, [])
    assert table.types() == ["bigint", "bigint", "decimal(9,6)"]
