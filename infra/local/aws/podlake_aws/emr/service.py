"""EMR as a service: operations by name, everything else refused."""

from collections.abc import Callable
from typing import Any

from ..configuration import Configuration
from ..errors import ServiceError
from .cluster_operations import ClusterOperations
from .engine import Engine
from .requests import check_shape
from .step_operations import StepOperations
from .store import Store


class EmrService:
    def __init__(self, configuration: Configuration) -> None:
        configuration.state_dir.mkdir(parents=True, exist_ok=True)
        self.store = Store(configuration.state_dir / "emr.sqlite")
        self.engine = Engine(configuration, self.store)
        clusters = ClusterOperations(configuration, self.engine)
        steps = StepOperations(self.engine, clusters)
        self.operations: dict[str, Callable[[dict[str, Any]], dict[str, Any] | None]] = {
            "RunJobFlow": clusters.run_job_flow,
            "DescribeCluster": clusters.describe_cluster,
            "ListClusters": clusters.list_clusters,
            "TerminateJobFlows": clusters.terminate_job_flows,
            "SetTerminationProtection": clusters.set_termination_protection,
            "ModifyCluster": clusters.modify_cluster,
            "AddTags": clusters.add_tags,
            "RemoveTags": clusters.remove_tags,
            "PutAutoTerminationPolicy": clusters.put_auto_termination_policy,
            "GetAutoTerminationPolicy": clusters.get_auto_termination_policy,
            "RemoveAutoTerminationPolicy": clusters.remove_auto_termination_policy,
            "ListInstanceGroups": clusters.list_instance_groups,
            "ListInstanceFleets": clusters.list_instance_fleets,
            "ListInstances": clusters.list_instances,
            "AddJobFlowSteps": steps.add_job_flow_steps,
            "DescribeStep": steps.describe_step,
            "ListSteps": steps.list_steps,
            "CancelSteps": steps.cancel_steps,
        }
        self.engine.start()

    def call(self, operation: str, payload: dict[str, Any]) -> dict[str, Any] | None:
        check_shape(operation, payload)
        handler = self.operations.get(operation)
        if handler is None:
            raise ServiceError(
                "UnsupportedOperation",
                f"The local EMR does not do {operation}; it does {', '.join(self.operations)}.",
                501,
            )
        return handler(payload)

    def close(self) -> None:
        """Stops without ending the steps that run: the next endpoint on this state adopts them."""
        self.engine.close()
        self.store.close()
