"""Result files at the output location, and GetQueryResults, which reads them back page by page."""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from collections.abc import Iterable

from .storage import Storage

Row = list[str | None]
_VALUE = re.compile(r'(?:"((?:[^"]|"")*)")?([,\n])')
_CACHED_FILES, _CACHED_ROWS = 8, 200_000


def to_csv(names: list[str], rows: Iterable[Row]) -> bytes:
    """Athena's CSV: every value in quotation marks, null as nothing between the commas."""
    lines = [_line(names)]
    lines.extend(_line(row) for row in rows)
    return "".join(lines).encode()


def _line(row: Row) -> str:
    return ",".join("" if value is None else '"' + value.replace('"', '""') + '"' for value in row) + "\n"


def from_csv(body: bytes) -> list[Row]:
    """The rows of such a file, its header first; what is not quoted is null."""
    rows, row, text, at = [], [], body.decode(), 0
    while at < len(text):
        found = _VALUE.match(text, at)
        if found is None:
            raise ValueError(f"The result file is damaged at character {at}")
        value, end = found.groups()
        row.append(None if value is None else value.replace('""', '"'))
        if end == "\n":
            rows.append(row)
            row = []
        at = found.end()
    return rows


def to_text(rows: Iterable[Row]) -> bytes:
    """The file of SHOW, DESCRIBE and EXPLAIN: plain lines, no header."""
    return "".join("\t".join(value or "" for value in row) + "\n" for row in rows).encode()


class Results:
    def __init__(self, storage: Storage):
        self._storage = storage
        self._read: OrderedDict[str, list[Row]] = OrderedDict()

    def write(self, location: str, columns: list[dict], rows: Iterable[Row]) -> None:
        body = to_csv([column["Name"] for column in columns], rows) if location.endswith(".csv") else to_text(rows)
        self._storage.put(location, body, "application/octet-stream")
        metadata = json.dumps({"ResultSetMetadata": {"ColumnInfo": columns}}, ensure_ascii=False)
        self._storage.put(f"{location}.metadata", metadata.encode(), "application/octet-stream")

    def page(self, location: str, start: int, size: int) -> tuple[list[Row], int | None]:
        """Rows from `start` on (a CSV's header is row 0), and where the next page begins, if there is one."""
        rows = self._rows(location)
        end = start + size
        return rows[start:end], end if end < len(rows) else None

    def _rows(self, location: str) -> list[Row]:
        if location in self._read:
            return self._read[location]
        body = self._storage.get(location)
        rows = from_csv(body) if location.endswith(".csv") else [[line] for line in body.decode().splitlines()]
        if len(rows) <= _CACHED_ROWS:
            self._read[location] = rows
            while len(self._read) > _CACHED_FILES:
                self._read.popitem(last=False)
        return rows


def result_set(columns: list[dict], rows: list[Row]) -> dict:
    data = [{"Data": [{} if value is None else {"VarCharValue": value} for value in row]} for row in rows]
    return {"Rows": data, "ResultSetMetadata": {"ColumnInfo": columns}}
