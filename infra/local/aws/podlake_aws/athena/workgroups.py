"""Workgroups: where results go and what they are called."""

from __future__ import annotations

import time

from ..errors import ServiceError
from .history import History

PRIMARY = "primary"
_ENGINE = {"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": "Athena engine version 3"}


class Workgroups:
    def __init__(self, history: History, output: str | None):
        self._history = history
        if PRIMARY not in history.workgroups():
            self._save(PRIMARY, {"ResultConfiguration": {}, "EnforceWorkGroupConfiguration": False}, "")
        if output:
            primary = self.find(PRIMARY)
            primary["Configuration"]["ResultConfiguration"] = {"OutputLocation": output}
            history.save_workgroup(PRIMARY, primary)

    def find(self, name: str) -> dict:
        workgroup = self._history.workgroups().get(name)
        if workgroup is None:
            raise ServiceError("InvalidRequestException", f"WorkGroup {name} is not found.")
        return workgroup

    def output_location(self, name: str, asked: str | None) -> str:
        """Where a query's results go: the workgroup's place if it insists or none is asked for."""
        workgroup = self.find(name)
        if workgroup["State"] == "DISABLED":
            raise ServiceError("InvalidRequestException", f"WorkGroup {name} is disabled.")
        configuration = workgroup["Configuration"]
        own = configuration.get("ResultConfiguration", {}).get("OutputLocation")
        location = own if configuration.get("EnforceWorkGroupConfiguration") and own else asked or own
        if not location:
            message = (
                "No output location provided. An output location is required either through the Workgroup result "
                "configuration setting or as an API input."
            )
            raise ServiceError("InvalidRequestException", message)
        if not location.startswith("s3://") or len(location) < 9:
            raise ServiceError("InvalidRequestException", f"outputLocation is not a valid S3 path: {location}")
        return location if location.endswith("/") else f"{location}/"

    def create(self, payload: dict) -> dict:
        name = payload["Name"]
        if name in self._history.workgroups():
            raise ServiceError("InvalidRequestException", "WorkGroup is already created")
        self._save(name, payload.get("Configuration", {}), payload.get("Description", ""))
        return {}

    def get(self, payload: dict) -> dict:
        return {"WorkGroup": self.find(payload["WorkGroup"])}

    def list(self, _: dict) -> dict:
        keys = ("Name", "State", "Description", "CreationTime")
        summaries = [
            {key: item[key] for key in keys} | {"EngineVersion": item["Configuration"]["EngineVersion"]}
            for item in self._history.workgroups().values()
        ]
        return {"WorkGroups": summaries}

    def update(self, payload: dict) -> dict:
        workgroup = self.find(payload["WorkGroup"])
        updates = dict(payload.get("ConfigurationUpdates", {}))
        configuration = workgroup["Configuration"]
        results = updates.pop("ResultConfigurationUpdates", {})
        location = configuration.setdefault("ResultConfiguration", {})
        if results.get("RemoveOutputLocation"):
            location.pop("OutputLocation", None)
        if "OutputLocation" in results:
            location["OutputLocation"] = results["OutputLocation"]
        for key in ("EnforceWorkGroupConfiguration", "PublishCloudWatchMetricsEnabled", "RequesterPaysEnabled"):
            if key in updates:
                configuration[key] = updates.pop(key)
        if updates:
            unknown = ", ".join(sorted(updates))
            raise ServiceError("InvalidRequestException", f"The local Athena does not keep {unknown} of a workgroup")
        workgroup |= {key: payload[key] for key in ("Description", "State") if key in payload}
        self._history.save_workgroup(payload["WorkGroup"], workgroup)
        return {}

    def delete(self, payload: dict) -> dict:
        name = payload["WorkGroup"]
        if name == PRIMARY:
            raise ServiceError("InvalidRequestException", "The primary workgroup cannot be deleted")
        self.find(name)
        if self._history.list(name, 1, 0) and not payload.get("RecursiveDeleteOption"):
            raise ServiceError("InvalidRequestException", f"WorkGroup {name} is not empty")
        self._history.delete_workgroup(name)
        return {}

    def _save(self, name: str, configuration: dict, description: str) -> None:
        defaults = {"EnforceWorkGroupConfiguration": True, "ResultConfiguration": {}}
        workgroup = {
            "Name": name,
            "State": "ENABLED",
            "Description": description,
            "CreationTime": time.time(),
            "Configuration": defaults | configuration | {"EngineVersion": _ENGINE},
        }
        self._history.save_workgroup(name, workgroup)
