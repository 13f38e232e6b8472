from decimal import Decimal

BUREAU = "sk_id_bureau bigint, sk_id_curr bigint, cnt_credit_prolong int"
PREVIOUS = "sk_id_prev bigint, sk_id_curr bigint, name_contract_status string, name_cash_loan_purpose string"
OTHERS = "Payments on other loans"


def row_of(indicator, bureau: list[tuple], previous: list[tuple]) -> tuple:
    """Bureau as (client, prolongations), previous applications as (client, status, purpose)."""
    table = indicator("taxa_refinanciamento")
    table.given("bureau", BUREAU, [(n, *row) for n, row in enumerate(bureau)])
    table.given("previous_application", PREVIOUS, [(n, *row) for n, row in enumerate(previous)])
    (row,) = table.rows()
    return row


def test_refinanced_clients_are_those_of_either_kind_and_each_rate_has_its_own_denominator(indicator):
    row = row_of(
        indicator,
        bureau=[(1, 2), (2, 0), (3, 0)],
        previous=[(4, "Approved", OTHERS), (5, "Approved", "Repairs"), (2, "Approved", "XAP"), (2, "Approved", "XAP")],
    )
    # Five clients with credit, of whom 1 prolonged and 4 paid off others; four loans granted, one of them to pay off others.
    assert row == (5, 1, 1, 2, Decimal("0.400000"), 4, Decimal("0.500000"), 1, Decimal("0.250000"))


def test_a_client_who_prolonged_and_paid_off_others_counts_once(indicator):
    row = row_of(indicator, bureau=[(1, 1), (1, 3)], previous=[(1, "Approved", OTHERS), (1, "Approved", OTHERS)])
    assert row == (1, 1, 1, 1, Decimal("1.000000"), 2, Decimal("0.500000"), 2, Decimal("1.000000"))


def test_more_refinanced_clients_than_loans_make_a_rate_over_one(indicator):
    row = row_of(indicator, bureau=[(1, 1), (2, 1), (3, 1)], previous=[(4, "Approved", "XAP")])
    assert row[:7] == (4, 3, 0, 3, Decimal("0.750000"), 1, Decimal("3.000000"))


def test_only_approved_applications_make_a_client_with_credit_or_a_refinanced_one(indicator):
    row = row_of(
        indicator,
        bureau=[],
        previous=[(1, "Refused", OTHERS), (2, "Canceled", OTHERS), (3, "Unused offer", OTHERS), (4, None, OTHERS)],
    )
    assert row == (0, 0, 0, 0, None, 0, None, 0, None)


def test_a_client_without_bureau_credits_counts_by_an_approved_application(indicator):
    row = row_of(indicator, bureau=[], previous=[(1, "Approved", "XNA")])
    assert row == (1, 0, 0, 0, Decimal("0.000000"), 1, Decimal("0.000000"), 0, Decimal("0.000000"))


def test_an_empty_prolongation_or_purpose_is_no_refinancing(indicator):
    row = row_of(indicator, bureau=[(1, None)], previous=[(2, "Approved", None)])
    assert row[:4] == (2, 0, 0, 0)


def test_a_row_without_a_client_is_no_client_but_its_loan_was_granted(indicator):
    row = row_of(indicator, bureau=[(None, 5), (1, 0)], previous=[(None, "Approved", OTHERS)])
    assert row == (1, 0, 0, 0, Decimal("0.000000"), 1, Decimal("0.000000"), 1, Decimal("1.000000"))


def test_without_any_row_there_is_one_with_zeros_and_null_rates(indicator):
    assert row_of(indicator, bureau=[], previous=[]) == (0, 0, 0, 0, None, 0, None, 0, None)


def test_its_types_are_those_of_the_rules(indicator):
    table = indicator("taxa_refinanciamento").given("bureau", BUREAU, []).given("previous_application", PREVIOUS, [])
    rate = "decimal(9,6)"
    assert table.types() == [*["bigint"] * 4, rate, "bigint", rate, "bigint", rate]
