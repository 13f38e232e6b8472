"""What a request must be before it changes anything, in EMR's own words where clients know them."""

import re
import time
from secrets import choice
from typing import Any

import botocore.session
from botocore.validate import ParamValidator

from ..errors import ServiceError
from .machines import check_machines, check_words
from .spark_submit import check_configurations, check_step, cluster_defaults
from .store import Document

# Parts of RunJobFlow that say which machines, roles and networks to use: one machine stands for all of them,
# they are kept and shown. What would change what runs on the cluster and is not done here is refused.
TAKEN = {
    "Name", "LogUri", "ReleaseLabel", "Instances", "Steps", "Applications", "Configurations", "VisibleToAllUsers",
    "JobFlowRole", "ServiceRole", "Tags", "SecurityConfiguration", "AutoScalingRole", "ScaleDownBehavior",
    "EbsRootVolumeSize", "EbsRootVolumeIops", "EbsRootVolumeThroughput", "StepConcurrencyLevel",
    "ManagedScalingPolicy", "AutoTerminationPolicy", "OSReleaseLabel", "PlacementGroupConfigs",
    "LogEncryptionKmsKeyId",
}  # fmt: skip
ACTIONS = ("TERMINATE_JOB_FLOW", "TERMINATE_CLUSTER", "CANCEL_AND_WAIT", "CONTINUE")
MAX_CONCURRENCY = 256
MAX_ACTIVE_STEPS = 256

_model = botocore.session.get_session().get_service_model("emr")
_OPERATIONS = frozenset(_model.operation_names)


def check_shape(operation: str, payload: dict[str, Any]) -> None:
    """Against the service's own model: unknown operations, lacking, unknown and wrongly typed members are refused."""
    if operation not in _OPERATIONS:
        raise ServiceError("UnknownOperationException", f"EMR has no operation {operation!r}.")
    shape = _model.operation_model(operation).input_shape
    report = ParamValidator().validate(payload, shape) if shape else None
    if report and report.has_errors():
        raise ServiceError("ValidationException", report.generate_report().replace("\n", "; "))
    if shape and operation == "RunJobFlow":
        check_words(payload, shape, "request")


def invalid(message: str) -> ServiceError:
    return ServiceError("ValidationException", message)


def invalid_request(message: str) -> ServiceError:
    return ServiceError("InvalidRequestException", message)


def new_id(kind: str) -> str:
    """`j-` or `s-` and 13 capitals and digits, as EMR makes them."""
    return f"{kind}-{''.join(choice('ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789') for _ in range(13))}"


def concurrency(level: int) -> int:
    if not 1 <= level <= MAX_CONCURRENCY:
        raise invalid(f"StepConcurrencyLevel must be between 1 and {MAX_CONCURRENCY}, it is {level}.")
    return level


def idle_timeout(policy: dict[str, Any] | None) -> int | None:
    """EMR takes 60 seconds to seven days; a policy without a time means an hour."""
    if policy is None:
        return None
    seconds = policy.get("IdleTimeout", 3600)
    if not 60 <= seconds <= 604800:
        raise invalid(f"IdleTimeout must be between 60 and 604800 seconds, it is {seconds}.")
    return seconds


def cluster_from(payload: dict[str, Any], region: str, account: str) -> Document:
    refused = sorted(set(payload) - TAKEN)
    if refused:
        raise invalid(f"The local EMR does not do {', '.join(refused)}; leave it out, or run this on AWS.")
    release = payload.get("ReleaseLabel", "")
    if not re.fullmatch(r"emr-\d+\.\d+\.\d+", release):
        raise invalid(f"The supplied release label is invalid: {release}.")
    instances = payload["Instances"]
    check_machines(payload)
    configurations = payload.get("Configurations") or []
    check_configurations(configurations)
    level = concurrency(payload.get("StepConcurrencyLevel", 1))
    cluster_id = new_id("j")
    log_uri = payload.get("LogUri")
    if log_uri and not re.match(r"s3[an]?://[^/]+", log_uri):
        raise invalid(f"LogUri must be an s3:// address, it is {log_uri!r}.")
    return {
        "Id": cluster_id,
        "Arn": f"arn:aws:elasticmapreduce:{region}:{account}:cluster/{cluster_id}",
        "Name": payload["Name"],
        "State": "STARTING",
        "Reason": {},
        "Created": time.time(),
        "Ready": None,
        "Ended": None,
        "EndsWithErrors": False,
        "KeepAlive": bool(instances.get("KeepJobFlowAliveWhenNoSteps", False)),
        "TerminationProtected": bool(instances.get("TerminationProtected", False)),
        "StepConcurrencyLevel": level,
        "IdleTimeout": idle_timeout(payload.get("AutoTerminationPolicy")),
        "LogUri": log_uri.rstrip("/") + "/" if log_uri else None,
        "Tags": payload.get("Tags") or [],
        "SparkDefaults": cluster_defaults(configurations),
        "Request": {key: value for key, value in payload.items() if key not in ("Steps", "Tags")},
    }


def steps_from(configs: list[dict[str, Any]], cluster_id: str) -> list[Document]:
    """All of them or none: a step that cannot run here is refused before any is added."""
    steps = []
    for config in configs:
        jar = config["HadoopJarStep"]
        arguments = jar.get("Args") or []
        check_step(jar["Jar"], arguments, jar.get("MainClass"))
        action = config.get("ActionOnFailure", "TERMINATE_CLUSTER")
        if action not in ACTIONS:
            raise invalid(f"ActionOnFailure must be one of {', '.join(ACTIONS)}, it is {action!r}.")
        steps.append(
            {
                "Id": new_id("s"),
                "ClusterId": cluster_id,
                "Name": config["Name"],
                "State": "PENDING",
                "Message": None,
                "ActionOnFailure": action,
                "Jar": jar["Jar"],
                "Properties": {p["Key"]: p.get("Value", "") for p in jar.get("Properties") or []},
                "Arguments": arguments,
                "Launches": 1,
                "Stopping": None,
                "FailureDetails": None,
                "Created": time.time(),
                "Started": None,
                "Ended": None,
            }
        )
    return steps
