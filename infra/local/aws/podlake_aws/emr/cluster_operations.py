"""EMR's operations on clusters. Each takes the request's members and returns the answer's."""

from typing import Any

from ..configuration import Configuration
from ..errors import ServiceError
from . import machines_views, views
from .engine import Engine
from .paging import PAGE, next_marker, row_number
from .requests import cluster_from, concurrency, idle_timeout, invalid, invalid_request, steps_from
from .store import LIVE_CLUSTER, Document

OPEN = ("STARTING", "BOOTSTRAPPING", "RUNNING", "WAITING")
STATES = (*LIVE_CLUSTER, "TERMINATED", "TERMINATED_WITH_ERRORS")


class ClusterOperations:
    def __init__(self, configuration: Configuration, engine: Engine) -> None:
        self.configuration = configuration
        self.engine = engine
        self.store = engine.store

    def find(self, cluster_id: str) -> Document:
        cluster = self.store.cluster(cluster_id)
        if cluster is None:
            raise invalid_request(f"Cluster id '{cluster_id}' is not valid.")
        return cluster

    def find_open(self, cluster_id: str) -> Document:
        cluster = self.find(cluster_id)
        if cluster["State"] not in OPEN:
            raise invalid_request(f"Cluster {cluster_id} is {cluster['State']} and can no longer be changed.")
        return cluster

    def run_job_flow(self, payload: dict[str, Any]) -> dict[str, Any]:
        cluster = cluster_from(payload, self.configuration.region, self.configuration.account_id)
        steps = steps_from(payload.get("Steps") or [], cluster["Id"])
        with self.engine.lock, self.store.transaction():
            self.store.add_cluster(cluster)
            for step in steps:
                self.store.add_step(step)
            self.engine.wake.notify_all()
        return {"JobFlowId": cluster["Id"], "ClusterArn": cluster["Arn"]}

    def describe_cluster(self, payload: dict[str, Any]) -> dict[str, Any]:
        with self.engine.lock:
            return {"Cluster": views.cluster_details(self.find(payload["ClusterId"]))}

    def list_clusters(self, payload: dict[str, Any]) -> dict[str, Any]:
        states = payload.get("ClusterStates") or []
        unknown = sorted(set(states) - set(STATES))
        if unknown:
            raise invalid_request(f"Cluster state '{unknown[0]}' is not valid; there are {', '.join(STATES)}.")
        after, before = payload.get("CreatedAfter"), payload.get("CreatedBefore")
        with self.engine.lock:
            page, number = self.store.page_of_clusters(states, after, before, row_number(payload.get("Marker")), PAGE)
        return {"Clusters": [views.cluster_summary(cluster) for cluster in page], **next_marker(number)}

    def terminate_job_flows(self, payload: dict[str, Any]) -> None:
        with self.engine.lock, self.store.transaction():
            clusters = [self.find(cluster_id) for cluster_id in payload["JobFlowIds"]]
            if any(cluster["TerminationProtected"] and cluster["State"] in OPEN for cluster in clusters):
                raise invalid("Could not shut down one or more job flows since they are termination protected.")
            for cluster in clusters:
                if cluster["State"] in OPEN:
                    self.engine.begin_termination(cluster, "USER_REQUEST", "Terminated by user request")

    def set_termination_protection(self, payload: dict[str, Any]) -> None:
        with self.engine.lock, self.store.transaction():
            for cluster in [self.find_open(cluster_id) for cluster_id in payload["JobFlowIds"]]:
                cluster["TerminationProtected"] = payload["TerminationProtected"]
                self.store.save_cluster(cluster)

    def modify_cluster(self, payload: dict[str, Any]) -> dict[str, Any]:
        if "ExtendedSupport" in payload:
            raise ServiceError("ValidationException", "The local EMR does not do ExtendedSupport.")
        with self.engine.lock, self.store.transaction():
            cluster = self.find_open(payload["ClusterId"])
            if "StepConcurrencyLevel" in payload:
                cluster["StepConcurrencyLevel"] = concurrency(payload["StepConcurrencyLevel"])
                self.store.save_cluster(cluster)
                self.engine.wake.notify_all()
            return {"StepConcurrencyLevel": cluster["StepConcurrencyLevel"]}

    def add_tags(self, payload: dict[str, Any]) -> dict[str, Any]:
        with self.engine.lock, self.store.transaction():
            cluster = self.find(payload["ResourceId"])
            tags = {tag["Key"]: tag.get("Value", "") for tag in [*cluster["Tags"], *payload["Tags"]]}
            cluster["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
            self.store.save_cluster(cluster)
        return {}

    def remove_tags(self, payload: dict[str, Any]) -> dict[str, Any]:
        with self.engine.lock, self.store.transaction():
            cluster = self.find(payload["ResourceId"])
            cluster["Tags"] = [tag for tag in cluster["Tags"] if tag["Key"] not in payload["TagKeys"]]
            self.store.save_cluster(cluster)
        return {}

    def put_auto_termination_policy(self, payload: dict[str, Any]) -> dict[str, Any]:
        return self._set_idle_timeout(payload["ClusterId"], idle_timeout(payload.get("AutoTerminationPolicy") or {}))

    def remove_auto_termination_policy(self, payload: dict[str, Any]) -> dict[str, Any]:
        return self._set_idle_timeout(payload["ClusterId"], None)

    def get_auto_termination_policy(self, payload: dict[str, Any]) -> dict[str, Any]:
        with self.engine.lock:
            limit = self.find(payload["ClusterId"])["IdleTimeout"]
        return {} if limit is None else {"AutoTerminationPolicy": {"IdleTimeout": limit}}

    def list_instance_groups(self, payload: dict[str, Any]) -> dict[str, Any]:
        with self.engine.lock:
            cluster = self.find(payload["ClusterId"])
        if "InstanceFleets" in cluster["Request"]["Instances"]:
            raise invalid_request("Instance fleets and instance groups are mutually exclusive.")
        return {"InstanceGroups": machines_views.instance_groups(cluster)}

    def list_instance_fleets(self, payload: dict[str, Any]) -> dict[str, Any]:
        with self.engine.lock:
            cluster = self.find(payload["ClusterId"])
        if "InstanceFleets" not in cluster["Request"]["Instances"]:
            raise invalid_request("Instance fleets and instance groups are mutually exclusive.")
        return {"InstanceFleets": machines_views.fleets(cluster)}

    def list_instances(self, payload: dict[str, Any]) -> dict[str, Any]:
        with self.engine.lock:
            cluster = self.find(payload["ClusterId"])
        by_fleet = "InstanceFleets" in cluster["Request"]["Instances"]
        refused = {"InstanceGroupId", "InstanceGroupTypes"} if by_fleet else {"InstanceFleetId", "InstanceFleetType"}
        if refused & set(payload):
            raise invalid_request("Instance fleets and instance groups are mutually exclusive.")
        of = payload.get("InstanceFleetId") or payload.get("InstanceGroupId")
        kinds = [payload["InstanceFleetType"]] if "InstanceFleetType" in payload else payload.get("InstanceGroupTypes")
        states = payload.get("InstanceStates")
        found = machines_views.fleet_instances(cluster) if by_fleet else machines_views.group_instances(cluster)
        return {
            "Instances": [
                instance
                for kind, instance in found
                if (not of or of in (instance.get("InstanceFleetId"), instance.get("InstanceGroupId")))
                and (not kinds or kind in kinds)
                and (not states or instance["Status"]["State"] in states)
            ]
        }

    def _set_idle_timeout(self, cluster_id: str, limit: int | None) -> dict[str, Any]:
        with self.engine.lock, self.store.transaction():
            cluster = self.find_open(cluster_id)
            cluster["IdleTimeout"] = limit
            self.store.save_cluster(cluster)
            self.engine.wake.notify_all()
        return {}
