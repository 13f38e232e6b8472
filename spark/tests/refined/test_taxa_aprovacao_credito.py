from decimal import Decimal

COLUMNS = "sk_id_prev bigint, name_contract_type string, name_contract_status string"


def applications(*pairs: tuple[str | None, str | None]) -> list[tuple]:
    return [(n, kind, status) for n, (kind, status) in enumerate(pairs)]


def test_applications_are_counted_by_decision_for_each_type_and_in_all(indicator):
    rows = applications(
        ("Cash loans", "Approved"),
        ("Cash loans", "Refused"),
        ("Cash loans", "Canceled"),
        ("Consumer loans", "Approved"),
        ("Consumer loans", "Approved"),
        ("Consumer loans", "Unused offer"),
    )
    assert indicator("taxa_aprovacao_credito").given("previous_application", COLUMNS, rows).rows() == [
        ("Cash loans", 3, 1, 1, 1, 0, Decimal("0.333333")),
        ("Consumer loans", 3, 2, 0, 0, 1, Decimal("0.666667")),
        ("Todos", 6, 3, 1, 1, 1, Decimal("0.500000")),
    ]


def test_xna_is_a_type_of_its_own_and_an_empty_type_is_nao_informado(indicator):
    rows = applications(("XNA", "Canceled"), (None, "Approved"))
    assert indicator("taxa_aprovacao_credito").given("previous_application", COLUMNS, rows).rows() == [
        ("Não informado", 1, 1, 0, 0, 0, Decimal("1.000000")),
        ("Todos", 2, 1, 0, 1, 0, Decimal("0.500000")),
        ("XNA", 1, 0, 0, 1, 0, Decimal("0.000000")),
    ]


def test_an_unknown_or_empty_status_counts_as_received_alone(indicator):
    rows = applications(("Cash loans", "Under review"), ("Cash loans", None), ("Cash loans", "approved"))
    assert indicator("taxa_aprovacao_credito").given("previous_application", COLUMNS, rows).rows() == [
        ("Cash loans", 3, 0, 0, 0, 0, Decimal("0.000000")),
        ("Todos", 3, 0, 0, 0, 0, Decimal("0.000000")),
    ]


def test_todos_stands_even_without_any_application(indicator):
    table = indicator("taxa_aprovacao_credito").given("previous_application", COLUMNS, [])
    assert table.rows() == [("Todos", 0, 0, 0, 0, 0, None)]


def test_its_types_are_those_of_the_rules(indicator):
    table = indicator("taxa_aprovacao_credito").given("previous_application", COLUMNS, [])
    assert table.types() == ["string", *["bigint"] * 5, "decimal(9,6)"]
