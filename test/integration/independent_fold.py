"""The fold of the source's CSV files into one row a key, as the rules of the sources have it, in DuckDB tables of text."""

import re
import shutil
from pathlib import PurePosixPath
from tempfile import TemporaryDirectory

import duckdb

KEYS = {
    "application_train": ["SK_ID_CURR"],
    "application_test": ["SK_ID_CURR"],
    "bureau": ["SK_ID_BUREAU"],
    "bureau_balance": ["SK_ID_BUREAU", "MONTHS_BALANCE"],
    "previous_application": ["SK_ID_PREV"],
    "POS_CASH_balance": ["SK_ID_PREV", "MONTHS_BALANCE"],
    "credit_card_balance": ["SK_ID_PREV", "MONTHS_BALANCE"],
    "installments_payments": [
        "SK_ID_PREV",
        "NUM_INSTALMENT_VERSION",
        "NUM_INSTALMENT_NUMBER",
        "DAYS_ENTRY_PAYMENT",
    ],
}
MAY_BE_EMPTY = {"DAYS_ENTRY_PAYMENT"}
# 365243 stands for "no such date" in these columns.
NO_SUCH_DATE = {
    "DAYS_EMPLOYED",
    "DAYS_FIRST_DRAWING",
    "DAYS_FIRST_DUE",
    "DAYS_LAST_DUE_1ST_VERSION",
    "DAYS_LAST_DUE",
    "DAYS_TERMINATION",
}
NUMBER = re.compile(r"AMT_|DAYS_|MONTHS_|SK_|TARGET")
COUNT = re.compile(r"DAYS_|MONTHS_|TARGET")
SUMMED = re.compile(r"AMT_|DAYS_|MONTHS_|SK_|TARGET")

db = duckdb.connect()


def table_of(key: str) -> str:
    """The file's name first, then the nearest folder; the longest table name that it starts with."""
    for part in reversed(PurePosixPath(key).parts):
        names = [t for t in KEYS if re.match(re.escape(t) + r"([^A-Za-z0-9]|$)", part, re.IGNORECASE)]
        if names:
            return max(names, key=len)
    raise ValueError(f"{key} names no table")


def plain(column: str) -> str:
    """A value in the one form in which equal ones are equal text: `-153.0` is `-153`."""
    return f"""coalesce(cast(try_cast(trim("{column}") as double) as varchar), "{column}")"""


def does_not_fit(column: str) -> str:
    """Whether a value is none of its column: text where a number belongs, or a count that no integer can hold."""
    if not NUMBER.match(column):
        return "false"
    number = f"""try_cast(trim("{column}") as double)"""
    too_large = f"abs({number}) > 2147483647" if COUNT.match(column) else "false"
    listed = f"{number} not in (0, 1)" if column == "TARGET" else "false"
    return f"""("{column}" is not null and ({number} is null or {too_large} or {listed}))"""


def read_slot(table: str, files: list[dict], folder: str) -> tuple[list[str], int]:
    """Makes `slot_rows`: the records of the files as text, in the order of arrival, key and line. Returns the columns, and
    how many records have too many or too few fields.
    """
    selects = []
    for number, file in enumerate(files):
        # DuckDB takes brackets in a name for a pattern.
        path = f"{folder}/{table}-{number}{'.csv.gz' if file['path'].endswith('.gz') else '.csv'}"
        shutil.copyfile(file["path"], path)
        source = (
            f"read_csv('{path}', header=true, all_varchar=true, delim=',', quote='\"', escape='\"', parallel=false, "
            "store_rejects=true)"
        )
        place = f"timestamp '{file['arrival']}' as _arrival, '{file['key']}' as _key, row_number() over () as _line"
        selects.append(f"select {place}, * from {source}")
    db.execute("drop table if exists reject_errors; drop table if exists reject_scans")
    db.execute("create or replace temp table slot_text as " + " union all by name ".join(selects))
    unreadable = one("select count(*) from (select distinct scan_id, file_id, line from reject_errors)")[0]
    # A column without a name (a data frame's index) gets one of DuckDB's. Neither it nor a new one is one of trusted.
    columns = [c for c in names_of("slot_text") if not re.fullmatch(r"column\d+|_\w+|NOVIDADE", c)]
    values = [
        f'case when try_cast("{c}" as double) = 365243 then null else "{c}" end as "{c}"'
        if c in NO_SUCH_DATE
        else f'"{c}"'
        for c in columns
    ]
    missing = [f'"{k}" is null' for k in KEYS[table] if k not in MAY_BE_EMPTY]
    bad = " or ".join([*missing, *map(does_not_fit, columns)])
    db.execute(
        f"create or replace temp table slot_rows as select _arrival, _key, _line, {', '.join(values)}, "
        f"({bad}) as _bad from slot_text"
    )
    return columns, unreadable


def names_of(table: str) -> list[str]:
    return [row[0] for row in db.execute(f"describe {table}").fetchall()]


def fold(table: str, files: list[dict]) -> dict[str, int]:
    """Whole rows win, the last of a key by arrival, key and line; what a delivery lacks stays as it is."""
    with TemporaryDirectory() as folder:
        columns, unreadable = read_slot(table, files, folder)
    key = ", ".join(plain(k) for k in KEYS[table])
    db.execute(
        "create or replace temp table winners as select * exclude (_arrival, _key, _line, _bad) from slot_rows "
        f"where not _bad qualify row_number() over (partition by {key} order by _arrival desc, _key desc, _line desc) = 1"
    )
    records, bad = one("select count(*), count(*) filter (_bad) from slot_rows")
    winners = one("select count(*) from winners")[0]
    if one(f"select count(*) from duckdb_tables() where table_name = 'state_{table}'")[0] == 0:
        db.execute(f"create table state_{table} as from winners where false")
    known = names_of(f"state_{table}")
    for column in [c for c in columns if c not in known]:
        db.execute(f'alter table state_{table} add column "{column}" varchar')
    known = names_of(f"state_{table}")
    shaped = ", ".join(f'"{c}"' if c in columns else f'cast(null as varchar) as "{c}"' for c in known)
    forms = ", ".join(f'{plain(c)} as "{c}"' for c in known)
    db.execute(f"create or replace temp view new_forms as select {forms} from (select {shaped} from winners)")
    db.execute(f"create or replace temp view old_forms as select {forms} from state_{table}")
    same_key = " and ".join(f'o."{k}" is not distinct from n."{k}"' for k in KEYS[table])
    known_keys = one(f"select count(*) from new_forms n where exists (from old_forms o where {same_key})")[0]
    unchanged = one("select count(*) from (from new_forms intersect from old_forms)")[0]
    key = ", ".join(f"coalesce({plain(k)}, '')" for k in KEYS[table])
    db.execute(f"delete from state_{table} where ({key}) in (select ({key}) from winners)")
    db.execute(f"insert into state_{table} by name from winners")
    return {
        "records": records + unreadable,
        "unreadable": unreadable,
        "inserted": winners - known_keys,
        "updated": known_keys - unchanged,
        "unchanged": unchanged,
        "superseded": records - bad - winners,
        "quarantined": bad,
    }


def one(query: str) -> tuple:
    return db.execute(query).fetchone()


def content(table: str) -> dict[str, dict]:
    """Of each column how many values it has, and of amounts, days and keys their sum: a cheap print of all values."""
    figures = {}
    for column in names_of(f"state_{table}"):
        number = f"""cast(trim("{column}") as decimal(38, 3))"""
        total = f"cast(sum({number}) as decimal(38, 3))" if SUMMED.match(column) else "null"
        count, total = one(f'select count("{column}"), {total} from state_{table}')
        figures[column.lower()] = {"values": count, "sum": None if total is None else str(total)}
    return figures
