"""Where in their files the rows of quarantine stood: number, line and key, as a person finds them in an editor."""

from lake import figures

LOANS = "SK_ID_CURR,TARGET,NAME_CONTRACT_TYPE,AMT_CREDIT,DAYS_EMPLOYED,EXT_SOURCE_1"
PAYMENTS = "SK_ID_PREV,NUM_INSTALMENT_NUMBER,DAYS_ENTRY_PAYMENT,AMT_PAYMENT"


def places(lake, **files):
    """Raw and trusted of the files of one table; (arquivo, camada, registro, linha, chave) of each row of quarantine."""
    (table, delivered), *_ = files.items()
    raw = lake.raw({table: delivered})
    trusted = lake.trusted(raw)
    rows = lake.rows("select arquivo, camada, registro, linha, chave from controle.quarentena order by 1, 3")
    found = figures(trusted, table)["quarantined"] + sum(f["unreadable"] for f in figures(raw, table)["files"])
    assert len(rows) == found
    return rows


def test_a_row_is_found_by_its_line_its_number_and_its_key(lake):
    file = lake.deliver(f"{LOANS}\n1,0,a,1,,\n2,7,a,1,,\n3,0,a\nx,0,a,1,,\n5,0,a,z,,\n")

    assert places(lake, application_train=[file]) == [
        ("arquivo.csv", "trusted", 2, 3, "sk_id_curr=2"),
        ("arquivo.csv", "raw", 3, 4, None),
        ("arquivo.csv", "trusted", 4, 5, None),
        ("arquivo.csv", "trusted", 5, 6, "sk_id_curr=5"),
    ]


def test_blank_lines_and_line_breaks_in_values_count_as_lines_and_not_as_records(lake):
    text = f'\n{LOANS}\n\n1,0,"a\nb",1,,\n \t\n2,7,"c\n\nd",1,,\n3,0\n4,0,e,z,,\n'
    files = [("arquivo.csv", text), ("crlf.csv", text.replace("\n", "\r\n"))]
    delivered = [lake.deliver(content, name, columns=LOANS.split(",")) for name, content in files]

    assert places(lake, application_train=delivered) == [
        place
        for name, _ in files
        for place in (
            (name, "trusted", 2, 7, "sk_id_curr=2"),
            (name, "raw", 3, 10, None),
            (name, "trusted", 4, 11, "sk_id_curr=4"),
        )
    ]


def test_a_key_of_several_parts_names_the_empty_one_too(lake):
    file = lake.deliver(f"{PAYMENTS}\n1,1,,x\n1,2,-3,y\n1,2,w,1\n")

    assert [place[4] for place in places(lake, installments_payments=[file])] == [
        "sk_id_prev=1, num_instalment_number=1, days_entry_payment=",
        "sk_id_prev=1, num_instalment_number=2, days_entry_payment=-3",
        None,
    ]


def test_files_that_are_read_in_many_blocks_have_the_lines_of_the_whole(lake, spark):
    rows, expected = [], []
    for name, breaks in (("plain.csv", False), ("breaks.csv", True)):
        text = LOANS + "\n"
        for number in range(1, 401):
            line = text.count("\n") + 1
            if number % 37 == 0:
                text += f"{number},0\n"
                expected.append((name, "raw", number, line, None))
            elif number % 23 == 0:
                text += f"{number},0,a,bad,,\n"
                expected.append((name, "trusted", number, line, f"sk_id_curr={number}"))
            elif breaks and number % 11 == 0:
                text += f'{number},0,"a\nb",1,,\n'
            else:
                text += f"{number},0,a,1,,\n"
        rows.append(lake.deliver(text, name))
    before = spark.conf.get("spark.sql.files.maxPartitionBytes")
    spark.conf.set("spark.sql.files.maxPartitionBytes", "700")
    try:
        assert places(lake, application_train=rows) == sorted(expected, key=lambda place: (place[0], place[2]))
    finally:
        spark.conf.set("spark.sql.files.maxPartitionBytes", before)


def test_two_files_of_one_name_are_told_apart(lake):
    first = lake.deliver(f"{LOANS}\n1,0,a\n2,0,a,x,,\n", "1.csv", landing_key="same.csv")
    second = lake.deliver(f"{LOANS}\n3,0,a,1,,\n4,0,a,x,,\n", "2.csv", landing_key="same.csv")

    assert sorted(places(lake, application_train=[first, second]), key=str) == [
        ("same.csv", "raw", 1, 2, None),
        ("same.csv", "trusted", 2, 3, "sk_id_curr=2"),
        ("same.csv", "trusted", 2, 3, "sk_id_curr=4"),
    ]
    assert lake.rows("select count(distinct arquivo_id) from controle.quarentena") == [(2,)]
