"""Which machines a cluster may ask for: EMR's rules for fleets, networks and managed scaling, which its model lacks."""

from collections.abc import Iterator
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

from ..errors import ServiceError

MAX_TYPES = 30
SIMPLE = ("MasterInstanceType", "SlaveInstanceType", "InstanceCount")


def refuse(message: str) -> ServiceError:
    return ServiceError("ValidationException", message)


def check_words(value: Any, shape: Shape, path: str) -> None:
    """Botocore's own check leaves out which words a member may have; EMR does not."""
    if isinstance(shape, StructureShape):
        for name, member in value.items():
            check_words(member, shape.members[name], f"{path}.{name}")
    elif isinstance(shape, ListShape):
        for one in value:
            check_words(one, shape.member, path)
    elif isinstance(shape, MapShape):
        for one in value.values():
            check_words(one, shape.value, path)
    elif isinstance(shape, StringShape) and shape.enum and value not in shape.enum:
        raise refuse(f"Value '{value}' at '{path}' must be one of {', '.join(shape.enum)}.")


def check_machines(payload: dict[str, Any]) -> None:
    instances = payload["Instances"]
    fleets = instances.get("InstanceFleets")
    if fleets is not None and (instances.get("InstanceGroups") or any(key in instances for key in SIMPLE)):
        raise refuse("Instance fleets and instance groups are mutually exclusive.")
    if instances.get("Ec2SubnetId") and instances.get("Ec2SubnetIds"):
        raise refuse("Ec2SubnetId and Ec2SubnetIds are mutually exclusive.")
    if fleets is None and len(instances.get("Ec2SubnetIds") or []) > 1:
        raise refuse("Several Ec2SubnetIds need instance fleets.")
    if fleets is not None:
        _check_fleets(fleets)
    if policy := payload.get("ManagedScalingPolicy"):
        _check_scaling(policy.get("ComputeLimits"), instances)
    _check_tags(payload.get("Tags") or [])


def capacity(fleet: dict[str, Any]) -> tuple[int, int]:
    """The targets on demand and on spot."""
    return fleet.get("TargetOnDemandCapacity", 0), fleet.get("TargetSpotCapacity", 0)


def _check_fleets(fleets: list[dict[str, Any]]) -> None:
    kinds = [fleet["InstanceFleetType"] for fleet in fleets]
    if len(set(kinds)) < len(kinds):
        raise refuse("There may be one instance fleet of each type.")
    if "MASTER" not in kinds:
        raise refuse("The MASTER instance fleet is missing.")
    if "TASK" in kinds and "CORE" not in kinds:
        raise refuse("A TASK instance fleet needs a CORE instance fleet.")
    for fleet in fleets:
        kind, targets = fleet["InstanceFleetType"], capacity(fleet)
        if sum(targets) == 0:
            raise refuse(f"The {kind} fleet needs a TargetOnDemandCapacity or TargetSpotCapacity greater than 0.")
        if kind == "MASTER" and sum(targets) != 1:
            raise refuse("The MASTER fleet must have a target capacity of 1, on demand or on spot.")
        for problem in _problems(fleet, sum(targets)):
            raise refuse(f"The {kind} fleet {problem}.")


def _problems(fleet: dict[str, Any], target: int) -> Iterator[str]:
    types = fleet.get("InstanceTypeConfigs") or []
    specifications = fleet.get("LaunchSpecifications") or {}
    spot = specifications.get("SpotSpecification")
    if not types:
        yield "names no instance type"
    if len({config["InstanceType"] for config in types}) < len(types):
        yield "names an instance type twice"
    # Without an allocation strategy EMR takes five types.
    limit = MAX_TYPES if any("AllocationStrategy" in part for part in specifications.values()) else 5
    if len(types) > limit:
        yield f"names {len(types)} instance types, at most {limit} are allowed"
    for config in types:
        if config.get("WeightedCapacity", 1) < 1 and fleet["InstanceFleetType"] != "MASTER":
            yield f"gives {config['InstanceType']} no weight"
        if "BidPrice" in config and "BidPriceAsPercentageOfOnDemandPrice" in config:
            yield f"gives {config['InstanceType']} two bid prices"
    if types and all(config.get("WeightedCapacity", 1) > target for config in types):
        yield f"has a target of {target}, less than the weight of each of its types"
    if spot and not 5 <= spot["TimeoutDurationMinutes"] <= 1440:
        yield f"waits {spot['TimeoutDurationMinutes']} minutes for spot, between 5 and 1440 are allowed"


def _check_scaling(limits: dict[str, Any] | None, instances: dict[str, Any]) -> None:
    if limits is None:
        raise refuse("ManagedScalingPolicy needs ComputeLimits.")
    fleets, groups = instances.get("InstanceFleets"), instances.get("InstanceGroups") or []
    if (limits["UnitType"] == "InstanceFleetUnits") != (fleets is not None):
        raise refuse(
            f"UnitType {limits['UnitType']} does not fit a cluster of instance {'fleets' if fleets else 'groups'}."
        )
    core = "CORE" in [fleet["InstanceFleetType"] for fleet in fleets or []] + [
        group["InstanceRole"] for group in groups
    ]
    if not core and instances.get("InstanceCount", 1) < 2:
        raise refuse("Managed scaling needs core instances.")
    least, most = limits["MinimumCapacityUnits"], limits["MaximumCapacityUnits"]
    if not 1 <= least <= most:
        raise refuse(f"MinimumCapacityUnits {least} must be between 1 and MaximumCapacityUnits {most}.")
    for name, floor in (("MaximumOnDemandCapacityUnits", 0), ("MaximumCoreCapacityUnits", 1)):
        if not floor <= limits.get(name, most) <= most:
            raise refuse(f"{name} {limits[name]} must be between {floor} and MaximumCapacityUnits {most}.")
    for fleet in fleets or []:
        if fleet["InstanceFleetType"] == "CORE" and sum(capacity(fleet)) > limits.get("MaximumCoreCapacityUnits", most):
            raise refuse("The CORE fleet is larger than MaximumCoreCapacityUnits.")


def _check_tags(tags: list[dict[str, str]]) -> None:
    keys = [tag.get("Key", "") for tag in tags]
    if len(set(keys)) < len(keys) or len(keys) > 50:
        raise refuse("There may be 50 tags, each key once.")
    for tag, key in zip(tags, keys, strict=True):
        if not 1 <= len(key) <= 128 or key.startswith("aws:") or len(tag.get("Value", "")) > 256:
            raise refuse(f"The tag '{key}' is not valid: 1 to 128 characters, not of aws:, a value of at most 256.")
