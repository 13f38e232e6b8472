from decimal import Decimal

COLUMNS = (
    "sk_id_curr bigint, target int, amt_income_total decimal(18,3), amt_credit decimal(18,3), "
    "region_rating_client int, occupation_type string, name_education_type string"
)
BANDS = ["Até 90.000", "De 90.000 a 135.000", "De 135.000 a 180.000", "De 180.000 a 270.000", "Acima de 270.000"]


def rows_of(indicator, *clients: dict) -> dict[str, dict[str, tuple]]:
    """The rows by dimension and segment; what is not said of a client is an income of 100000, region 2, and the like."""
    usual = {
        "target": 0,
        "income": "100000",
        "credit": "1000",
        "region": 2,
        "job": "Drivers",
        "school": "Higher education",
    }
    rows = [(n, *(usual | client).values()) for n, client in enumerate(clients)]
    found: dict[str, dict[str, tuple]] = {}
    for dimension, segment, *figures in (
        indicator("performance_segmentos").given("application_train", COLUMNS, rows).rows()
    ):
        found.setdefault(dimension, {})[segment] = tuple(figures)
    return found


def test_each_client_counts_in_one_segment_of_each_dimension(indicator):
    rows = rows_of(
        indicator,
        {"target": 1, "credit": "100", "job": "Cooking staff", "region": 3},
        {"target": 0, "credit": "200.5", "job": "Cooking staff", "region": 1},
        {"target": None, "credit": "300", "school": "Academic degree", "region": 1},
    )
    assert rows["Ocupação"] == {
        "Cooking staff": (1, 2, 2, 1, Decimal("0.500000"), Decimal("150.25")),
        "Drivers": (2, 1, 0, 0, None, Decimal("300.00")),
    }
    assert rows["Região"] == {
        "1": (1, 2, 1, 0, Decimal("0.000000"), Decimal("250.25")),
        "3": (2, 1, 1, 1, Decimal("1.000000"), Decimal("100.00")),
    }
    assert rows["Escolaridade"] == {
        "Academic degree": (1, 1, 0, 0, None, Decimal("300.00")),
        "Higher education": (2, 2, 2, 1, Decimal("0.500000"), Decimal("150.25")),
    }
    assert rows["Faixa de renda"]["De 90.000 a 135.000"] == (2, 3, 2, 1, Decimal("0.500000"), Decimal("200.17"))


def test_an_income_on_the_upper_end_of_a_band_belongs_to_it(indicator):
    ends = ["90000", "135000", "180000", "270000"]
    beyond = ["90000.001", "135000.001", "180000.001", "270000.001"]
    rows = rows_of(indicator, *({"income": income} for income in ends + beyond))
    assert {band: row[1] for band, row in rows["Faixa de renda"].items()} == dict(
        zip(BANDS, [1, 2, 2, 2, 1], strict=True)
    )


def test_what_is_empty_is_nao_informado_and_comes_last(indicator):
    nothing = {"income": None, "region": None, "job": None, "school": None}
    rows = rows_of(indicator, nothing, {"job": "Waiters/barmen staff"}, {"job": "Private service staff"})
    one = (1, 1, 0, Decimal("0.000000"), Decimal("1000.00"))
    assert rows["Faixa de renda"]["Não informado"] == (6, *one)
    assert rows["Região"]["Não informado"] == (2, *one)
    assert rows["Escolaridade"]["Não informado"] == (2, *one)
    assert {segment: row[0] for segment, row in rows["Ocupação"].items()} == {
        "Private service staff": 1,
        "Waiters/barmen staff": 2,
        "Não informado": 3,
    }


def test_clients_without_an_amount_are_left_out_of_the_mean_alone(indicator):
    rows = rows_of(indicator, {"credit": None, "target": 1}, {"credit": "0.01"}, {"credit": "0.02"})
    # 0.015 lies between two cents: half up.
    assert rows["Região"]["2"] == (1, 3, 3, 1, Decimal("0.333333"), Decimal("0.02"))
    assert rows_of(indicator, {"credit": None})["Região"]["2"] == (1, 1, 1, 0, Decimal("0.000000"), None)


def test_without_defaulters_the_rates_are_zero(indicator):
    assert rows_of(indicator, {}, {})["Região"]["2"][2:5] == (2, 0, Decimal("0.000000"))


def test_the_income_bands_stand_in_order_even_without_clients_and_other_segments_do_not(indicator):
    assert rows_of(indicator) == {
        "Faixa de renda": {band: (n + 1, 0, 0, 0, None, None) for n, band in enumerate(BANDS)}
    }


def test_its_types_are_those_of_the_rules(indicator):
    table = indicator("performance_segmentos").given("application_train", COLUMNS, [])
    assert table.types() == ["string", "string", "int", *["bigint"] * 3, "decimal(9,6)", "decimal(18,2)"]
