"""Raw: CSV files as they really look, read into text rows that add up with the records in the files."""

import gzip

import pytest
from lake import audits, figures
from pyspark.sql import functions as F

HEADER = "SK_ID_CURR,TARGET,NAME_CONTRACT_TYPE,AMT_CREDIT,DAYS_EMPLOYED,EXT_SOURCE_1"
COLUMNS = HEADER.split(",")


def load(lake, *files):
    """The raw step for files of application_train; its figures by file, and its rows."""
    metrics = lake.raw({"application_train": list(files)})
    table = figures(metrics, "application_train")
    rows = lake.spark.read.parquet(*[output["uri"] for output in table["outputs"]]) if table["outputs"] else None
    assert audits(metrics)["application_train", "conservation"], table["files"]
    return table, rows


def values(rows, *columns):
    return sorted(tuple(row) for row in rows.select(*columns).collect())


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("name", ["arquivo.csv", "arquivo.csv.gz"])
def test_line_ends_byte_order_mark_and_gzip_make_no_difference(lake, line_end, mark, name):
    text = mark + line_end.join([HEADER, "1,0,Cash loans,10.5,-1,0.5", "2,1,,,,"]) + line_end
    table, rows = load(lake, lake.deliver(text, name))

    assert values(rows, *COLUMNS) == [("1", "0", "Cash loans", "10.5", "-1", "0.5"), ("2", "1", None, None, None, None)]
    assert [(f["records"], f["rows"], f["unreadable"]) for f in table["files"]] == [(2, 2, 0)]


def test_quotes_hold_commas_quotes_and_line_breaks(lake):
    text = HEADER + '\n1,0,"Spouse, partner",1,,\n2,0,"he said ""no""",1,,\n3,0,"two\nlines",1,,\n4,0,last,1,,\n'
    table, rows = load(lake, lake.deliver(text))

    assert values(rows, "SK_ID_CURR", "NAME_CONTRACT_TYPE") == [
        ("1", "Spouse, partner"),
        ("2", 'he said "no"'),
        ("3", "two\nlines"),
        ("4", "last"),
    ]
    assert table["files"][0]["records"] == 4


def test_text_is_not_trimmed_and_blank_lines_are_no_records(lake):
    text = "\n" + HEADER + "\n1,0, Cash loans ,1,,\n\n   \n\t\n2,0,x,1,,\n\n"
    table, rows = load(lake, lake.deliver(text, columns=COLUMNS))

    assert values(rows, "SK_ID_CURR", "NAME_CONTRACT_TYPE") == [("1", " Cash loans "), ("2", "x")]
    assert table["files"][0]["records"] == 2


def test_blank_lines_are_no_records_where_values_hold_line_breaks_either(lake):
    text = HEADER + '\n1,0,"a\n\n   \nb",1,,\n\n   \n2,0,x,1,,\n'
    table, rows = load(lake, lake.deliver(text))

    assert values(rows, "SK_ID_CURR", "NAME_CONTRACT_TYPE") == [("1", "a\n\n   \nb"), ("2", "x")]
    assert table["files"][0]["records"] == 2


def test_crlf_records_may_hold_a_line_feed_inside_quotes(lake):
    table, rows = load(lake, lake.deliver(HEADER + '\r\n1,0,"a\nb",1,,0.5\r\n2,0,x,1,,0.5\r\n'))

    assert values(rows, "NAME_CONTRACT_TYPE", "EXT_SOURCE_1") == [("a\nb", "0.5"), ("x", "0.5")]


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_line_breaks_in_a_value_stay_as_they_are_whatever_records_end_in(lake, line_end):
    text = line_end.join([HEADER, '1,0,"a\r\nb",1,,', '2,0,"c\nd",1,,', '3,0,"e\rf",1,,', ""])
    table, rows = load(lake, lake.deliver(text, columns=COLUMNS))

    assert values(rows, "SK_ID_CURR", "NAME_CONTRACT_TYPE") == [("1", "a\r\nb"), ("2", "c\nd"), ("3", "e\rf")]


def test_a_carriage_return_inside_a_line_stays_in_its_value(lake):
    table, rows = load(lake, lake.deliver(HEADER + "\n1,0,a\rb,1,,\n2,0,x,1,,\n", columns=COLUMNS))

    assert values(rows, "SK_ID_CURR", "NAME_CONTRACT_TYPE") == [("1", "a\rb"), ("2", "x")]


def test_a_quote_in_the_middle_of_a_value_does_not_open_one(lake):
    table, rows = load(lake, lake.deliver(HEADER + '\n1,0,12" pipe,1,,\n2,0,x,1,,\n'))

    assert values(rows, "SK_ID_CURR", "NAME_CONTRACT_TYPE") == [("1", '12" pipe'), ("2", "x")]


def test_columns_are_taken_by_name_in_any_order_and_unknown_ones_are_kept(lake):
    plain = lake.deliver(HEADER + "\n1,0,Cash loans,10,-1,0.5\n")
    other = lake.deliver(",amt_credit,TARGET,SK_ID_CURR,Note\n77,20,1,2,hello\n")
    table, rows = load(lake, plain, other)

    assert rows.columns[: len(COLUMNS)] == COLUMNS
    assert values(rows, "SK_ID_CURR", "TARGET", "AMT_CREDIT", "DAYS_EMPLOYED", "_sem_nome_1", "Note") == [
        ("1", "0", "10", "-1", None, None),
        ("2", "1", "20", None, "77", "hello"),
    ]


def test_an_unknown_column_may_be_called_anything(lake):
    names = ["`crase`", "a.b", "a=(b);{c}", "com espaço", "_arquivo"]
    table, rows = load(lake, lake.deliver(f"{HEADER},{','.join(names)}\n1,0,Cash loans,10,-1,0.5,v,w,x,y,z\n"))

    assert table["rows"] == 1
    (row,) = rows.collect()
    # One that has the name of a column of raw's own is called by its place too.
    assert [row[name] for name in [*names[:4], f"_arquivo_{len(COLUMNS) + 5}"]] == ["v", "w", "x", "y", "z"]


def test_each_row_says_where_it_came_from_and_keeps_the_order_of_lines(lake):
    lines = "".join(f"{n},0,,1,,\n" for n in range(100))
    file = lake.deliver(HEADER + "\n" + lines, landing_key="a/bürö 100%.csv", arrival="2026-11-24T08:00:00.250Z")
    _, rows = load(lake, file)

    ordered = rows.orderBy("_chegada", "_arquivo", "_bloco", "_ordem").collect()
    assert [row["SK_ID_CURR"] for row in ordered] == [str(n) for n in range(100)]
    assert {(row["_arquivo"], row["_arquivo_id"], row["_slot"]) for row in ordered} == {
        ("a/bürö 100%.csv", file["id"], "20261124T090000Z")
    }
    assert values(rows.limit(1), F.date_format("_chegada", "yyyy-MM-dd HH:mm:ss.SSS")) == [("2026-11-24 08:00:00.250",)]


def test_spaces_accents_and_percent_signs_in_names_are_only_characters(lake):
    table, rows = load(lake, lake.deliver(HEADER + "\n1,0,,1,,\n", name="é à 100% +.csv"))

    assert [(f["records"], f["rows"]) for f in table["files"]] == [(1, 1)]


def test_records_with_too_many_or_too_few_fields_are_kept_apart_with_number_and_text(lake):
    file = lake.deliver(HEADER + "\n1,0,,1,,\n2,0,,1\n3,0,,1,,,9\n4,0,,1,,\n", landing_key="train.csv")
    table, rows = load(lake, file)

    assert values(rows, "SK_ID_CURR") == [("1",), ("4",)]
    assert [(f["records"], f["rows"], f["unreadable"]) for f in table["files"]] == [(4, 2, 2)]
    assert lake.rows(
        "select tabela, camada, arquivo, registro, motivos[0].regra, texto from controle.quarentena order by registro"
    ) == [
        ("application_train", "raw", "train.csv", 2, "numero_de_campos", "2,0,,1"),
        ("application_train", "raw", "train.csv", 3, "numero_de_campos", "3,0,,1,,,9"),
    ]


def test_a_second_try_leaves_the_same_rows_and_the_same_quarantine(lake):
    good, bad = HEADER + "\n1,0,,1,,\n", HEADER + "\n1,0,,1,,\n2,0\n"
    for _ in range(2):
        table, rows = load(lake, lake.deliver(bad))
        assert rows.count() == 1
        assert lake.rows("select count(*) from controle.quarentena") == [(1,)]

    load(lake, lake.deliver(good))
    assert lake.rows("select count(*) from controle.quarentena") == [(0,)]


def test_a_file_with_a_header_alone_is_loaded_with_no_rows(lake):
    table, rows = load(lake, lake.deliver(HEADER + "\r\n"))

    assert rows.count() == 0
    assert [(f["records"], f["refused"]) for f in table["files"]] == [(0, None)]


REFUSED = {
    "gzip_damaged": gzip.compress((HEADER + "\n" + "".join(f"{n},0,,{n * n},,\n" for n in range(20000))).encode())[
        :50000
    ],
    "not_utf8": HEADER.encode() + "\n1,0,Crédito,1,,\n".encode("latin-1"),
    "nul_byte": HEADER.encode() + b"\n1,0,a\x00b,1,,\n",
    "line_too_long": HEADER.encode() + b"\n1,0," + b"x" * (1024 * 1024) + b",1,,\n",
    "unbalanced_quote": HEADER.encode() + b'\n1,0,"Cash loans,1,,\n2,0,x,1,,\n',
    "line_ends": HEADER.encode() + b"\r1,0,x,1,,\r2,0,x,1,,\r",
}


def test_a_damaged_file_is_refused_with_its_reason_and_the_others_are_loaded(lake):
    damaged = {
        reason: lake.deliver(data, name="x.csv.gz" if reason == "gzip_damaged" else "x.csv", columns=COLUMNS)
        for reason, data in REFUSED.items()
    }
    table, rows = load(lake, *damaged.values(), lake.deliver(HEADER + "\n7,0,,1,,\n"))

    assert {f["refused"]["reason"]: f["id"] for f in table["files"] if f["refused"]} == {
        reason: file["id"] for reason, file in damaged.items()
    }
    assert values(rows, "SK_ID_CURR") == [("7",)]


def test_when_every_file_of_a_table_is_refused_it_has_no_output(lake):
    table, rows = load(lake, lake.deliver(REFUSED["nul_byte"], columns=COLUMNS))

    assert (table["outputs"], table["rows"]) == ([], 0)


def test_a_line_of_hundreds_of_megabytes_refuses_its_file_and_not_the_driver(lake):
    endless = lake.deliver(HEADER.encode() + b"\n1,0," + b"x" * (200 * 1024 * 1024) + b",1,,\n", columns=COLUMNS)
    table, rows = load(lake, endless, lake.deliver(HEADER + "\n7,0,,1,,\n"))

    assert [f["refused"] and f["refused"]["reason"] for f in table["files"]] == ["line_too_long", None]
    assert values(rows, "SK_ID_CURR") == [("7",)]
