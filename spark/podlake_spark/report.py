"""What a step tells while it runs (progress) and when it has ended (metrics), written as JSON objects."""

import json
import sys
import threading
import time
from datetime import datetime, timezone
from typing import Any

from podlake_spark.audits import Finding
from podlake_spark.files import Files
from podlake_spark.manifest import Manifest


def utc_now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Report:
    """Collects the figures of all tables; its methods may be called from any thread."""

    def __init__(self, manifest: Manifest, files: Files, application_id: str):
        self._manifest = manifest
        self._files = files
        self._application_id = application_id
        self._started_at = utc_now()
        self._lock = threading.Lock()
        self._begun: dict[str, float] = {}
        self._states = {
            task.table: {"table": task.table, "state": "waiting", "rows": None, "seconds": None}
            for task in manifest.tables
        }
        self._figures: dict[str, dict[str, Any]] = {}
        self._audits: list[dict[str, Any]] = []
        self._write_progress()

    def start(self, table: str) -> None:
        with self._lock:
            self._begun[table] = time.monotonic()
            self._states[table]["state"] = "running"
            self._write_progress()

    def rows(self, table: str, rows: int) -> None:
        """Rows known so far, for whoever watches."""
        with self._lock:
            self._states[table]["rows"] = rows
            self._write_progress()

    def finish(self, table: str, figures: dict[str, Any]) -> None:
        with self._lock:
            seconds = self._close(table, "done")
            self._figures[table] = {"table": table, "seconds": seconds, **figures}
            self._write_progress()

    def fail(self, table: str) -> None:
        with self._lock:
            self._close(table, "failed")
            self._write_progress()

    def audit(
        self,
        table: str,
        audit: str,
        passed: bool,
        value: float | None = None,
        limit: float | None = None,
        severity: str = "error",
        examples: list[str] | None = None,
    ) -> None:
        with self._lock:
            self._audits.append(
                {
                    "table": table,
                    "audit": audit,
                    "severity": severity,
                    "value": value,
                    "limit": limit,
                    "passed": passed,
                    "examples": examples or [],
                }
            )

    def finding(self, table: str, finding: Finding) -> None:
        """What a check of the catalogue found."""
        check = finding.check
        self.audit(
            table,
            check["name"],
            passed=finding.passed,
            value=finding.value,
            limit=finding.limit,
            severity=check["severity"],
            examples=finding.examples,
        )

    def write_metrics(self) -> None:
        """Written once, when every table is done: that the object is there means that the layer is whole."""
        order = [task.table for task in self._manifest.tables]

        def place(audit: dict[str, Any]) -> tuple[int, str, str]:
            # A check across tables may be one of a table that this slot did not write.
            known = order.index(audit["table"]) if audit["table"] in order else len(order)
            return known, audit["table"], audit["audit"]

        metrics = {
            "format": 1,
            "slot": self._manifest.slot,
            "attempt": self._manifest.attempt,
            "layer": self._manifest.layer,
            "startedAt": self._started_at,
            "endedAt": utc_now(),
            "applicationId": self._application_id,
            "tables": [self._figures[table] for table in order],
            "audits": sorted(self._audits, key=place),
        }
        self._files.write_text(self._manifest.metrics, json.dumps(metrics, ensure_ascii=False, indent=1))

    def _close(self, table: str, state: str) -> float:
        seconds = round(time.monotonic() - self._begun[table], 3)
        self._states[table].update(state=state, seconds=seconds)
        return seconds

    def _write_progress(self) -> None:
        progress = {
            "layer": self._manifest.layer,
            "startedAt": self._started_at,
            "tables": list(self._states.values()),
        }
        try:
            self._files.write_text(self._manifest.progress, json.dumps(progress, ensure_ascii=False))
        except Exception as error:  # Progress is for the eye: a step does not fail because nobody could look.
            print(f"progress could not be written to {self._manifest.progress}: {error}", file=sys.stderr)
