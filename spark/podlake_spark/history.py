"""A table's delivery beside its last published ones: how many rows, how many of them without a value, how long ago."""

from datetime import datetime
from statistics import median

from podlake_spark.audits import EXAMPLES, Check, Finding, Profile
from podlake_spark.manifest import TableHistory

_DAY = 24 * 60 * 60


def against_history(
    checks: tuple[Check, ...], delivered: int, written: Profile, history: TableHistory
) -> list[Finding]:
    """The findings of the checks that hold a delivery against the table's own past.

    Where there is too little of either to tell, a check passes without a value and says so.
    """
    findings = []
    for check in checks:
        if check["check"] == "delivered_rows":
            findings.append(_delivered_rows(check, delivered, history))
        elif check["check"] == "null_share":
            findings.append(_null_share(check, written, history))
    return findings


def freshness(check: Check, slot: datetime, last: datetime | None, delivered: bool) -> Finding:
    """Days between the slot and the last one to which files of the table belong; 0 for a table of this delivery."""
    limit = float(check["days"])
    if delivered:
        return Finding(check, 0.0, [], limit)
    if last is None:
        return Finding(check, None, ["no file came so far"], limit)
    days = (slot - last).total_seconds() / _DAY
    return Finding(check, days, [] if days <= limit else [f"the last files are of slot {last:%Y%m%dT%H%M%SZ}"], limit)


def _delivered_rows(check: Check, delivered: int, history: TableHistory) -> Finding:
    """How many times as many rows as usual, or as few: one number, so that both ways have the same limit."""
    limit = float(check["factor"])
    if len(history.delivered) < check["slots"]:
        return _too_little(check, limit, len(history.delivered))
    usual = median(history.delivered)
    if max(delivered, usual) < check["rows"]:
        return Finding(check, None, [f"fewer than {check['rows']} rows, now and usually"], limit)
    least, most = sorted((delivered, usual))
    # A delivery without rows is not infinitely far away: the control database and JSON have no such number.
    times = most / max(least, 1)
    return Finding(check, times, [] if times <= limit else [f"{delivered} rows, usually {usual:g}"], limit)


def _null_share(check: Check, written: Profile, history: TableHistory) -> Finding:
    """The largest rise of all columns, in parts of the rows."""
    limit = float(check["rise"])
    if history.profiled < check["slots"]:
        return _too_little(check, limit, history.profiled)
    if written.rows < check["rows"]:
        return Finding(check, None, [f"{written.rows} rows, of {check['rows']} that it takes"], limit)
    rises = []
    for column, nulls in written.nulls.items():
        before = history.columns.get(column)
        # A column that is new in the catalogue has no past.
        if before is not None and before.rows >= check["rows"]:
            now, usual = nulls / written.rows, before.nulls / before.rows
            rises.append((now - usual, f"{column}: {now:.3f} without a value, usually {usual:.3f}"))
    if not rises:
        return Finding(check, None, [f"no column has {check['rows']} earlier rows"], limit)
    rises.sort(reverse=True)
    return Finding(check, max(rises[0][0], 0.0), [text for rise, text in rises if rise > limit][:EXAMPLES], limit)


def _too_little(check: Check, limit: float, slots: int) -> Finding:
    return Finding(check, None, [f"{slots} deliveries to compare with, of {check['slots']} that it takes"], limit)
