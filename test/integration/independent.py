"""Every number that the lake should publish, reckoned a second time from the CSV files alone.

Written from the definitions of the sources and the indicators; it shares no code and no catalogue with the lake. It reads
from standard input a list of the published slots, in order, each with its accepted files (path, key, arrival), and prints
for each slot what its fold did, and the indicators after it; for the last slot also the content of the trusted tables.
"""

import json
import re
import sys
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from math import floor
from pathlib import PurePosixPath

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
SUMMED = re.compile(r"AMT_|DAYS_|MONTHS_|SK_|TARGET")
NOT_INFORMED = "Não informado"

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


def read_slot(table: str, files: list[dict]) -> list[str]:
    """Makes `slot_rows`: the records of the files as text, in the order of arrival, key and line. Returns the columns."""
    selects = []
    for file in files:
        path = file["path"].replace("'", "''")
        source = (
            f"read_csv('{path}', header=true, all_varchar=true, delim=',', quote='\"', escape='\"', parallel=false)"
        )
        place = f"timestamp '{file['arrival']}' as _arrival, '{file['key']}' as _key, row_number() over () as _line"
        selects.append(f"select {place}, * from {source}")
    db.execute("create or replace temp table slot_text as " + " union all by name ".join(selects))
    # A column without a name (a data frame's index) gets one of DuckDB's, and is no column of trusted.
    columns = [c for c in names_of("slot_text") if not re.fullmatch(r"column\d+|_\w+", c)]
    values = [
        f'case when try_cast("{c}" as double) = 365243 then null else "{c}" end as "{c}"'
        if c in NO_SUCH_DATE
        else f'"{c}"'
        for c in columns
    ]
    missing = [f'"{k}" is null' for k in KEYS[table] if k not in MAY_BE_EMPTY]
    db.execute(
        f"create or replace temp table slot_rows as select _arrival, _key, _line, {', '.join(values)}, "
        f"({' or '.join(missing)}) as _bad from slot_text"
    )
    return columns


def names_of(table: str) -> list[str]:
    return [row[0] for row in db.execute(f"describe {table}").fetchall()]


def fold(table: str, files: list[dict]) -> dict[str, int]:
    """Whole rows win, the last of a key by arrival, key and line; what a delivery lacks stays as it is."""
    columns = read_slot(table, files)
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
        "records": records,
        "inserted": winners - known_keys,
        "updated": known_keys - unchanged,
        "unchanged": unchanged,
        "superseded": records - bad - winners,
        "quarantined": bad,
    }


def one(query: str) -> tuple:
    return db.execute(query).fetchone()


def half_up(value: Fraction, digits: int) -> str:
    scaled = floor(abs(value) * 10**digits + Fraction(1, 2))
    return f"{Decimal(scaled if value >= 0 else -scaled).scaleb(-digits):.{digits}f}"


def rate(part: int | Decimal, whole: int | Decimal) -> str | None:
    return half_up(Fraction(part) / Fraction(whole), 6) if whole else None


def default_rate() -> list[list]:
    defaults, known = one(
        "select count(*) filter (t = 1), count(*) filter (t in (0, 1)) "
        "from (select cast(TARGET as double) as t from state_application_train)"
    )
    return [[defaults, known, rate(defaults, known)]]


def mean_loan() -> list[list]:
    loans = db.execute(
        f"select coalesce(NAME_CONTRACT_TYPE, '{NOT_INFORMED}'), cast(trim(AMT_CREDIT) as decimal(18, 3)) "
        "from state_application_train"
    ).fetchall()
    rows = []
    for group in ["Todos", *sorted({kind for kind, _ in loans})]:
        of_group = [amount for kind, amount in loans if group in ("Todos", kind)]
        amounts = sorted(Fraction(amount) for amount in of_group if amount is not None)
        middle = amounts[(len(amounts) - 1) // 2 : len(amounts) // 2 + 1]
        mean = half_up(sum(amounts) / len(amounts), 2) if amounts else None
        median = half_up(sum(middle) / len(middle), 2) if amounts else None
        rows.append([group, len(of_group), len(amounts), half_up(sum(amounts, Fraction(0)), 3), mean, median])
    return rows


def approval_rate() -> list[list]:
    counts = ["count(*)"]
    counts += [f"count(*) filter (s = '{s}')" for s in ("Approved", "Refused", "Canceled", "Unused offer")]
    groups = db.execute(
        f"select kind, {', '.join(counts)} from (select coalesce(NAME_CONTRACT_TYPE, '{NOT_INFORMED}') as kind, "
        "NAME_CONTRACT_STATUS as s from state_previous_application) group by grouping sets ((kind), ())"
    ).fetchall()
    return [
        [kind or "Todos", received, approved, *rest, rate(approved, received)]
        for kind, received, approved, *rest in groups
    ]


def market_credits() -> list[list]:
    groups = db.execute(
        f"select coalesce(CREDIT_TYPE, '{NOT_INFORMED}'), coalesce(CREDIT_CURRENCY, '{NOT_INFORMED}'), count(*), "
        "coalesce(sum(cast(trim(AMT_CREDIT_SUM) as decimal(18, 3))), 0) from state_bureau group by all"
    ).fetchall()
    credits = sum(count for _, _, count, _ in groups)
    totals = {currency: sum(v for _, c, _, v in groups if c == currency) for _, currency, _, _ in groups}
    return [
        [kind, currency, count, rate(count, credits), half_up(Fraction(value), 3), rate(value, totals[currency])]
        for kind, currency, count, value in groups
    ]


INDICATORS = {
    "taxa_inadimplencia": default_rate,
    "valor_medio_emprestimo": mean_loan,
    "taxa_aprovacao_credito": approval_rate,
    "tipos_credito_mercado": market_credits,
}


def content(table: str) -> dict[str, dict]:
    """Of each column how many values it has, and of amounts, days and keys their sum: a cheap print of all values."""
    figures = {}
    for column in names_of(f"state_{table}"):
        number = f"""cast(trim("{column}") as decimal(38, 3))"""
        total = f"cast(sum({number}) as decimal(38, 3))" if SUMMED.match(column) else "null"
        count, total = one(f'select count("{column}"), {total} from state_{table}')
        figures[column.lower()] = {"values": count, "sum": None if total is None else str(total)}
    return figures


def play(slot: dict) -> dict:
    by_table: dict[str, list[dict]] = {}
    for file in slot["files"]:
        by_table.setdefault(table_of(file["key"]), []).append(file)
    folds = {table.lower(): fold(table, files) for table, files in sorted(by_table.items())}
    for table in by_table:
        folds[table.lower()]["total"] = one(f"select count(*) from state_{table}")[0]
    instant = datetime.strptime(slot["slot"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    # São Paulo has kept UTC-3 the whole year round since 2019.
    reference = [f"{instant:%Y-%m-%d %H:%M:%S}", f"{instant.astimezone(timezone(timedelta(hours=-3))):%Y-%m-%d}"]
    refined = {name: [[*row, *reference] for row in rows()] for name, rows in INDICATORS.items()}
    return {"slot": slot["slot"], "trusted": folds, "refined": refined}


played = [play(slot) for slot in json.load(sys.stdin)]
tables = [t for t in KEYS if one(f"select count(*) from duckdb_tables() where table_name = 'state_{t}'")[0]]
print(json.dumps({"slots": played, "content": {t.lower(): content(t) for t in tables}}, ensure_ascii=False))
