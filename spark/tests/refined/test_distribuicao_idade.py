from decimal import Decimal

TRAIN = "sk_id_curr bigint, days_birth int, target int"
TEST = "sk_id_curr bigint, days_birth int"
BANDS = ["18-24", "25-34", "35-44", "45-54", "55-64", "65+"]


def rows_of(indicator, train: list[tuple], test: list[tuple] = ()) -> dict[str, tuple]:
    """The rows by band, without the band."""
    table = indicator("distribuicao_idade").given("application_train", TRAIN, train)
    table.given("application_test", TEST, list(test))
    return {row[0]: row[1:] for row in table.rows()}


def test_clients_and_share_are_over_train_and_test_and_outcomes_over_train_alone(indicator):
    rows = rows_of(
        indicator,
        train=[(1, -10000, 1), (2, -10000, 0), (3, -10000, None), (4, -20000, 0)],
        test=[(5, -10000), (6, -20000), (7, -20000)],
    )
    assert rows["25-34"] == (2, 4, 7, Decimal("0.571429"), 2, 1, Decimal("0.500000"))
    assert rows["45-54"] == (4, 3, 7, Decimal("0.428571"), 1, 0, Decimal("0.000000"))


def test_an_age_is_the_whole_years_of_365_days_and_a_quarter_also_on_a_bands_edge(indicator):
    # The first day of each age: 18, 25, 35, 45, 55 and 65 years are 6574.5, 9131.25, 12783.75, 16436.25, 20088.75, 23741.25.
    edges = [6575, 9132, 12784, 16437, 20089, 23742]
    clients = [(n, -days, 0) for n, days in enumerate(edges)]
    one_day_younger = [(10 + n, -(days - 1), 0) for n, days in enumerate(edges)]
    rows = rows_of(indicator, train=clients + one_day_younger)
    assert {band: row[1] for band, row in rows.items()} == {
        "18-24": 2,
        "25-34": 2,
        "35-44": 2,
        "45-54": 2,
        "55-64": 2,
        "65+": 1,
        "Não informado": 1,
    }
    assert rows_of(indicator, train=[(1, -9131, 0)])["18-24"][1] == 1
    assert rows_of(indicator, train=[(1, -9132, 0)])["25-34"][1] == 1
    assert rows_of(indicator, train=[(1, -36525, 0)])["65+"][1] == 1


def test_a_client_without_a_day_of_birth_or_under_18_is_nao_informado_and_counts_in_the_total(indicator):
    rows = rows_of(indicator, train=[(1, None, 1), (2, -6000, 0), (3, 100, None), (4, -10000, 0)])
    assert rows["Não informado"] == (7, 3, 4, Decimal("0.750000"), 2, 1, Decimal("0.500000"))


def test_the_sentinel_365243_is_no_age(indicator):
    rows = rows_of(indicator, train=[(1, 365243, 0)])
    assert (rows["Não informado"][1], rows["65+"][1]) == (1, 0)


def test_a_client_in_train_and_in_test_counts_once_with_the_age_and_the_outcome_of_train(indicator):
    rows = rows_of(indicator, train=[(1, -10000, 1)], test=[(1, -20000), (2, -20000)])
    assert rows["25-34"] == (2, 1, 2, Decimal("0.500000"), 1, 1, Decimal("1.000000"))
    assert rows["45-54"] == (4, 1, 2, Decimal("0.500000"), 0, 0, None)


def test_without_defaulters_the_rates_are_zero(indicator):
    rows = rows_of(indicator, train=[(1, -10000, 0)])
    assert rows["25-34"][4:] == (1, 0, Decimal("0.000000"))


def test_the_six_bands_stand_in_order_even_without_clients_and_nao_informado_does_not(indicator):
    rows = rows_of(indicator, train=[])
    assert rows == {band: (n + 1, 0, 0, None, 0, 0, None) for n, band in enumerate(BANDS)}


def test_its_types_are_those_of_the_rules(indicator):
    table = indicator("distribuicao_idade").given("application_train", TRAIN, []).given("application_test", TEST, [])
    assert table.types() == ["string", "int", "bigint", "bigint", "decimal(9,6)", "bigint", "bigint", "decimal(9,6)"]
