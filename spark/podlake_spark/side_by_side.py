"""The tables of a layer, worked on side by side from threads of one session; or what must be done in order."""

import sys
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pyspark.sql import SparkSession

from podlake_spark.errors import JobError, cause
from podlake_spark.report import Report
from podlake_spark.session import tables_side_by_side


def run_side_by_side(
    spark: SparkSession, report: Report, tasks: tuple[Any, ...], work: Callable[[Any], dict[str, Any]]
) -> None:
    """Runs ``work`` for each task; it returns the table's figures.

    A table that fails does not stop the others: they finish, so that a person sees every fault of a layer at once.
    Then one ``JobError`` names them all.
    """
    failures: dict[str, str] = {}

    def one(task: Any) -> None:
        spark.sparkContext.setJobDescription(task.table)
        report.start(task.table)
        try:
            report.finish(task.table, work(task))
        except Exception as error:
            traceback.print_exc(file=sys.stderr)
            failures[task.table] = cause(error)
            report.fail(task.table)

    with ThreadPoolExecutor(max_workers=max(1, tables_side_by_side(spark))) as pool:
        list(pool.map(one, tasks))
    if failures:
        raise JobError("; ".join(f"table {table}: {text}" for table, text in sorted(failures.items())))


def run_one_by_one(
    spark: SparkSession, report: Report, tasks: tuple[Any, ...], work: Callable[[Any], dict[str, Any]]
) -> None:
    """Runs ``work`` for each task in their order, and stops at the first that fails."""
    for task in tasks:
        spark.sparkContext.setJobDescription(task.table)
        report.start(task.table)
        try:
            report.finish(task.table, work(task))
        except Exception as error:
            report.fail(task.table)
            raise JobError(f"slot {task.table}: {cause(error)}") from error
