"""Athena's API operations over the local engine."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from botocore.exceptions import ClientError

from ..errors import ServiceError
from . import statements
from .binding import Session
from .engine import Engine
from .glue import CATALOG, GlueCatalog
from .history import History
from .iceberg import IcebergTables
from .metadata import Metadata
from .results import Results, result_set
from .runner import Runner
from .settings import Settings
from .storage import Storage
from .workgroups import PRIMARY, Workgroups


class AthenaService:
    """`config` is the endpoint's configuration file; `state_dir` a folder of its own for the history of queries."""

    def __init__(self, config: dict, state_dir: Path, glue_endpoint: str):
        settings = Settings.read(config, glue_endpoint)
        storage = Storage(settings)
        glue = GlueCatalog(settings)
        self._history = History(Path(state_dir) / "athena.sqlite")
        self._results = Results(storage)
        self._workgroups = Workgroups(self._history, settings.output)
        engine = Engine(settings, glue, IcebergTables(settings, storage))
        self._runner = Runner(statements.Statements(engine, glue), self._history, self._results, settings.concurrency)
        self._starting = threading.Lock()
        metadata = Metadata(glue)
        self._operations: dict[str, Callable[[dict], dict]] = {
            "StartQueryExecution": self._start,
            "GetQueryExecution": self._get,
            "BatchGetQueryExecution": self._batch_get,
            "ListQueryExecutions": self._list,
            "GetQueryResults": self._get_results,
            "StopQueryExecution": self._stop,
            "CreateWorkGroup": self._workgroups.create,
            "GetWorkGroup": self._workgroups.get,
            "ListWorkGroups": self._workgroups.list,
            "UpdateWorkGroup": self._workgroups.update,
            "DeleteWorkGroup": self._workgroups.delete,
            "ListDataCatalogs": metadata.catalogs,
            "ListDatabases": metadata.databases,
            "GetDatabase": metadata.database,
            "ListTableMetadata": metadata.tables,
            "GetTableMetadata": metadata.table,
        }
        self._end_orphans()

    def call(self, operation: str, payload: dict) -> dict:
        """One API call; raises ServiceError for what a client would see as an error."""
        run = self._operations.get(operation)
        if run is None:
            raise ServiceError("InvalidRequestException", f"The local Athena does not do {operation}")
        try:
            return run(payload)
        except KeyError as error:
            message = f"1 validation error detected: Value at {error} failed to satisfy constraint: must not be null"
            raise ServiceError("InvalidRequestException", message) from error

    def close(self) -> None:
        """Ends what runs, as CANCELLED, and closes the history."""
        self._runner.close()
        self._history.close()

    def _end_orphans(self) -> None:
        for execution in self._history.unfinished():
            message = "INTERNAL_ERROR: the local Athena ended while this query was waiting or running; run it again"
            error = {"ErrorCategory": 1, "ErrorType": 1001, "Retryable": True, "ErrorMessage": message}
            status = {"State": "FAILED", "StateChangeReason": message, "AthenaError": error}
            execution["Status"] |= status | {"CompletionDateTime": time.time()}
            self._history.save(execution)

    def _start(self, payload: dict) -> dict:
        sql, token = payload["QueryString"], payload.get("ClientRequestToken")
        if not sql.strip():
            raise ServiceError("InvalidRequestException", "The query string is empty")
        kept = ("QueryString", "QueryExecutionContext", "ResultConfiguration", "WorkGroup", "ExecutionParameters")
        request = json.dumps({key: payload.get(key) for key in kept}, sort_keys=True)
        with self._starting:  # two starts with one token, side by side, are one
            if token is not None and (earlier := self._history.by_token(token)):
                if earlier[1] != request:
                    raise ServiceError("InvalidRequestException", "Idempotent parameters do not match")
                return {"QueryExecutionId": earlier[0]}
            return {"QueryExecutionId": self._begin(sql, token, request, payload)}

    def _begin(self, sql: str, token: str | None, request: str, payload: dict) -> str:
        workgroup = payload.get("WorkGroup") or PRIMARY
        asked = payload.get("ResultConfiguration", {}).get("OutputLocation")
        folder = self._workgroups.output_location(workgroup, asked)
        context = payload.get("QueryExecutionContext", {})
        execution_id = str(uuid.uuid4())
        statement, substatement = statements.kind(sql)
        execution = {
            "QueryExecutionId": execution_id,
            "Query": sql,
            "StatementType": statement,
            "SubstatementType": substatement,
            "ResultConfiguration": {
                "OutputLocation": f"{folder}{execution_id}.{'csv' if statements.is_query(sql) else 'txt'}"
            },
            "ResultReuseConfiguration": {"ResultReuseByAgeConfiguration": {"Enabled": False}},
            "QueryExecutionContext": context,
            "Status": {"State": "QUEUED", "SubmissionDateTime": time.time()},
            "Statistics": {"ResultReuseInformation": {"ReusedPreviousResult": False}},
            "WorkGroup": workgroup,
            "EngineVersion": {"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": "Athena engine version 3"},
        }
        if payload.get("ExecutionParameters"):
            execution["ExecutionParameters"] = payload["ExecutionParameters"]
        self._history.add(execution, token, request)
        catalog = (context.get("Catalog") or CATALOG).lower()
        self._runner.start(execution, Session(catalog, (context.get("Database") or "default").lower()))
        return execution_id

    def _find(self, execution_id: str) -> dict:
        execution = self._history.get(execution_id)
        if execution is None:
            raise ServiceError("InvalidRequestException", f"QueryExecution {execution_id} was not found")
        return execution

    def _get(self, payload: dict) -> dict:
        return {"QueryExecution": self._find(payload["QueryExecutionId"])}

    def _batch_get(self, payload: dict) -> dict:
        found = {item: self._history.get(item) for item in payload["QueryExecutionIds"]}
        missing = [
            {
                "QueryExecutionId": item,
                "ErrorCode": "INVALID_INPUT",
                "ErrorMessage": f"QueryExecution {item} was not found",
            }
            for item, execution in found.items()
            if execution is None
        ]
        present = [execution for execution in found.values() if execution]
        return {"QueryExecutions": present, "UnprocessedQueryExecutionIds": missing}

    def _list(self, payload: dict) -> dict:
        workgroup = payload.get("WorkGroup") or PRIMARY
        self._workgroups.find(workgroup)
        start, size = _page(payload, largest=50)
        found = self._history.list(workgroup, size + 1, start)
        token = {"NextToken": str(start + size)} if len(found) > size else {}
        return {"QueryExecutionIds": found[:size]} | token

    def _get_results(self, payload: dict) -> dict:
        execution = self._find(payload["QueryExecutionId"])
        state = execution["Status"]["State"]
        if state in ("QUEUED", "RUNNING"):
            raise ServiceError("InvalidRequestException", f"Query has not yet finished. Current state: {state}")
        if state != "SUCCEEDED":
            message = f"Query did not finish successfully. Final query state: {state}"
            raise ServiceError("InvalidRequestException", message)
        start, size = _page(payload, largest=1000)
        location = execution["ResultConfiguration"]["OutputLocation"]
        try:
            rows, following = self._results.page(location, start, size)
        except ClientError as error:
            raise ServiceError("InvalidRequestException", f"Could not find results at {location}") from error
        answer = {"UpdateCount": 0, "ResultSet": result_set(self._history.columns(execution["QueryExecutionId"]), rows)}
        return answer | ({} if following is None else {"NextToken": str(following)})

    def _stop(self, payload: dict) -> dict:
        self._find(payload["QueryExecutionId"])
        self._runner.stop(payload["QueryExecutionId"])
        return {}


def _page(payload: dict, largest: int) -> tuple[int, int]:
    """(first row, rows) of a page; raises for a token that is none of ours."""
    token = payload.get("NextToken") or "0"
    size = payload.get("MaxResults") or largest
    if not str(token).isdigit():
        raise ServiceError("InvalidRequestException", "Invalid pagination token")
    if not 1 <= size <= largest:
        raise ServiceError("InvalidRequestException", f"MaxResults must be between 1 and {largest}")
    return int(token), size
