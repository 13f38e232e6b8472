"""Runs statements in threads, at most so many at once; the others wait, as QUEUED."""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from botocore.exceptions import BotoCoreError, ClientError

from .binding import Session
from .engine import Cancellation
from .failures import OTHER, SYSTEM, USER, QueryCancelled, QueryFailure
from .history import History
from .results import Results
from .statements import Statements

logger = logging.getLogger(__name__)


class Runner:
    def __init__(self, statements: Statements, history: History, results: Results, concurrency: int):
        self._statements = statements
        self._history = history
        self._results = results
        self._pool = ThreadPoolExecutor(max_workers=concurrency, thread_name_prefix="athena")
        self._running: dict[str, Cancellation] = {}
        self._lock = threading.Lock()

    def start(self, execution: dict, session: Session) -> None:
        cancellation = Cancellation()
        with self._lock:
            self._running[execution["QueryExecutionId"]] = cancellation
        self._pool.submit(self._run, execution, session, cancellation)

    def stop(self, execution_id: str) -> None:
        """Asks a query to end. One that waits ends at once; one that has ended stays as it is."""
        with self._lock:
            cancellation = self._running.get(execution_id)
            if cancellation is None:
                return
            execution = self._history.get(execution_id)
            if execution["Status"]["State"] == "QUEUED":
                self._end(execution, "CANCELLED", time.time())
        cancellation.request()

    def close(self) -> None:
        with self._lock:
            waiting = list(self._running.values())
        for cancellation in waiting:
            cancellation.request()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _run(self, execution: dict, session: Session, cancellation: Cancellation) -> None:
        execution_id, started = execution["QueryExecutionId"], time.time()
        try:
            with self._lock:
                if cancellation.requested:
                    if self._history.get(execution_id)["Status"]["State"] == "QUEUED":
                        self._end(execution, "CANCELLED", started)
                    return
                execution["Status"]["State"] = "RUNNING"
                self._history.save(execution)
            self._answer(execution, session, cancellation, started)
        except Exception:
            # Whatever it is, a client that waits for this query must learn that it has ended.
            logger.exception("query %s ended by an error of the local Athena", execution_id)
            self._fail(execution, started, "INTERNAL_ERROR: the local Athena failed; its log says why", SYSTEM)
        finally:
            with self._lock:
                self._running.pop(execution_id, None)

    def _answer(self, execution: dict, session: Session, cancellation: Cancellation, started: float) -> None:
        try:
            outcome = self._statements.run(
                execution["Query"], session, execution.get("ExecutionParameters", []), cancellation
            )
            execution["Statistics"]["DataScannedInBytes"] = outcome.scanned
            self._write(execution["ResultConfiguration"]["OutputLocation"], outcome)
            cancellation.check()
            self._end(execution, "SUCCEEDED", started, columns=outcome.columns)
        except QueryCancelled:
            self._end(execution, "CANCELLED", started, reason="Query cancelled by user")
        except QueryFailure as failure:
            self._fail(execution, started, str(failure), failure.category)
        except (ClientError, BotoCoreError, OSError) as error:
            logger.exception("query %s could not reach its data", execution["QueryExecutionId"])
            self._fail(execution, started, f"GENERIC_INTERNAL_ERROR: data could not be read: {error}", OTHER)

    def _write(self, location: str, outcome) -> None:
        try:
            self._results.write(location, outcome.columns, outcome.rows)
        except ClientError as error:
            bucket = location.split("/")[2]
            raise QueryFailure(
                "INVALID_OUTPUT_LOCATION", f"Unable to verify/create output bucket {bucket}: {error}", category=USER
            ) from error

    def _fail(self, execution: dict, started: float, message: str, category: int) -> None:
        error = {"ErrorCategory": category, "ErrorType": 1000 + category, "Retryable": False, "ErrorMessage": message}
        self._end(execution, "FAILED", started, reason=message, error=error)

    def _end(
        self,
        execution: dict,
        state: str,
        started: float,
        reason: str | None = None,
        error: dict | None = None,
        columns: list[dict] | None = None,
    ) -> None:
        now, status, figures = time.time(), execution["Status"], execution["Statistics"]
        status |= {"State": state, "CompletionDateTime": now}
        if reason:
            status["StateChangeReason"] = reason
        if error:
            status["AthenaError"] = error
        submitted = status["SubmissionDateTime"]
        figures["EngineExecutionTimeInMillis"] = round(1000 * (now - started))
        figures["QueryQueueTimeInMillis"] = round(1000 * (started - submitted))
        figures["TotalExecutionTimeInMillis"] = round(1000 * (now - submitted))
        figures.setdefault("DataScannedInBytes", 0)
        self._history.save(execution, columns)
