"""Which rows of quarantine a later good row of the same key made up for."""

LOANS = "SK_ID_CURR,TARGET,NAME_CONTRACT_TYPE,AMT_CREDIT,DAYS_EMPLOYED,EXT_SOURCE_1\n"
PAYMENTS = "SK_ID_PREV,NUM_INSTALMENT_NUMBER,DAYS_ENTRY_PAYMENT,AMT_PAYMENT\n"
FIRST, SECOND, THIRD = "20261124T090000Z", "20261124T210000Z", "20261125T090000Z"


def resolved(lake):
    """(key, slot of the bad row, slot of the good one, its file) of each row that was made up for."""
    return lake.rows(
        "select chave, date_format(slot_da_linha, 'dd HH'), date_format(r.slot, 'dd HH'), r.arquivo "
        "from controle.quarentena_resolvida r join controle.quarentena q on q.tabela = r.tabela "
        "and q.slot = slot_da_linha and q.arquivo_id = r.arquivo_id and q.registro = r.registro order by 1, 2, 3"
    )


def fold(lake, text, slot, name="b.csv", table="application_train", attempt=1):
    return lake.trusted(lake.raw({table: [lake.deliver(LOANS + text, name)]}, slot, attempt), slot, attempt)


def publish(lake, trusted, slot):
    lake.publish(trusted, {"tables": []}, slot)


def test_a_good_row_of_a_later_slot_counts_whether_it_is_new_changed_or_as_it_was(lake):
    publish(lake, fold(lake, "1,0,a,1,,\n2,0,a,1,,\n", FIRST), FIRST)
    publish(lake, fold(lake, "1,7,a,1,,\n2,7,a,1,,\n3,7,a,1,,\n4,7,a,1,,\n,7,a,1,,\n", SECOND), SECOND)
    assert resolved(lake) == []

    fold(lake, "1,0,a,1,,\n2,1,a,1,,\n3,0,a,1,,\n,9,a,1,,\n", THIRD, "c.csv")
    assert resolved(lake) == [
        ("sk_id_curr=1", "24 21", "25 09", "c.csv"),
        ("sk_id_curr=2", "24 21", "25 09", "c.csv"),
        ("sk_id_curr=3", "24 21", "25 09", "c.csv"),
    ]


def test_in_its_own_slot_a_row_is_made_up_for_by_one_that_comes_after_it(lake):
    trusted = fold(lake, "1,7,a,1,,\n1,0,a,1,,\n2,0,a,1,,\n2,7,a,1,,\n3,7,a,1,,\n", FIRST)

    assert resolved(lake) == [("sk_id_curr=1", "24 09", "24 09", "b.csv")]
    publish(lake, trusted, FIRST)
    fold(lake, "2,0,a,1,,\n", SECOND)
    assert [key for key, *_ in resolved(lake)] == ["sk_id_curr=1", "sk_id_curr=2"]


def test_a_row_without_a_readable_key_meets_none_though_a_part_of_a_key_may_be_empty(lake):
    text = PAYMENTS + "1,1,z,5\n1,1,,5\n1,2,,x\n1,2,,6\n"
    lake.trusted(lake.raw({"installments_payments": [lake.deliver(text)]}))

    assert [key for key, *_ in resolved(lake)] == ["sk_id_prev=1, num_instalment_number=2, days_entry_payment="]


def test_a_slot_that_is_tried_again_leaves_what_the_last_try_found(lake):
    publish(lake, fold(lake, "1,7,a,1,,\n2,7,a,1,,\n", FIRST), FIRST)
    fold(lake, "1,0,a,1,,\n", SECOND)
    fold(lake, "2,0,a,1,,\n", SECOND, attempt=2)
    assert [key for key, *_ in resolved(lake)] == ["sk_id_curr=2"]

    fold(lake, "3,0,a,1,,\n", SECOND, attempt=3)
    assert resolved(lake) == []
