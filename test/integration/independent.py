"""Every number that the lake should publish, reckoned a second time from the CSV files alone.

Written from the definitions of the sources and the indicators; it shares no code and no catalogue with the lake. It reads
from standard input a list of the published slots, in order, each with its accepted files (path, key, arrival), and prints
for each slot what its fold did, and the indicators after it; for the last slot also the content of the trusted tables.
"""

import json
import sys
from datetime import datetime, timedelta, timezone

from independent_fold import KEYS, content, fold, one, table_of
from independent_indicators import INDICATORS, default_rate_change


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
    tables = {name: rows() for name, rows in INDICATORS.items()}
    tables["variacao_taxa_inadimplencia"] = default_rate_change(instant)
    refined = {name: [[*row, *reference] for row in rows] for name, rows in tables.items()}
    return {"slot": slot["slot"], "trusted": folds, "refined": refined}


played = [play(slot) for slot in json.load(sys.stdin)]
tables = [t for t in KEYS if one(f"select count(*) from duckdb_tables() where table_name = 'state_{t}'")[0]]
print(json.dumps({"slots": played, "content": {t.lower(): content(t) for t in tables}}, ensure_ascii=False))
