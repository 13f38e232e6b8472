from decimal import Decimal

APPLICATION = "sk_id_curr bigint"
BUREAU = "sk_id_bureau bigint, sk_id_curr bigint, credit_active string"


def rows_of(indicator, bureau: list[tuple], train: list[int] = (), test: list[int] = ()) -> list[tuple]:
    """Bureau credits as (client, state)."""
    table = indicator("distribuicao_creditos_ativos")
    table.given("bureau", BUREAU, [(n, *row) for n, row in enumerate(bureau)])
    table.given("application_train", APPLICATION, [(client,) for client in train])
    table.given("application_test", APPLICATION, [(client,) for client in test])
    return table.rows()


def test_clients_are_counted_by_their_number_of_active_credits(indicator):
    rows = rows_of(
        indicator,
        train=[1, 2],
        test=[3],
        bureau=[(1, "Active"), (1, "Active"), (1, "Closed"), (3, "Active"), (4, "Active"), (5, "Active")],
    )
    assert rows == [
        (0, 1, 5, Decimal("0.200000")),
        (1, 3, 5, Decimal("0.600000")),
        (2, 1, 5, Decimal("0.200000")),
    ]


def test_clients_without_bureau_credits_have_none_active(indicator):
    assert rows_of(indicator, bureau=[], train=[1, 2], test=[3]) == [(0, 3, 3, Decimal("1.000000"))]


def test_credits_that_are_not_active_or_without_a_state_leave_a_client_with_none(indicator):
    rows = rows_of(indicator, bureau=[(1, "Closed"), (1, "Sold"), (2, None), (3, "Bad debt")])
    assert rows == [(0, 3, 3, Decimal("1.000000"))]


def test_a_client_in_train_test_and_bureau_counts_once(indicator):
    assert rows_of(indicator, bureau=[(1, "Active")], train=[1], test=[1]) == [(1, 1, 1, Decimal("1.000000"))]


def test_a_credit_without_a_client_is_nobodys(indicator):
    assert rows_of(indicator, bureau=[(None, "Active"), (None, "Active")], train=[1]) == [
        (0, 1, 1, Decimal("1.000000"))
    ]


def test_without_clients_there_are_no_rows(indicator):
    assert rows_of(indicator, bureau=[]) == []


def test_its_types_are_those_of_the_rules(indicator):
    table = indicator("distribuicao_creditos_ativos").given("bureau", BUREAU, [])
    table.given("application_train", APPLICATION, []).given("application_test", APPLICATION, [])
    assert table.types() == ["bigint", "bigint", "bigint", "decimal(9,6)"]
