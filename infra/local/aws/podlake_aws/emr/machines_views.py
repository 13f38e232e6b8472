"""A cluster's machines as EMR's API shows them. One machine stands for all that were asked for."""

from collections.abc import Iterator
from typing import Any

from .machines import capacity
from .store import Document
from .views import known

Instance = tuple[str, dict[str, Any]]


def instance_groups(cluster: Document) -> list[dict[str, Any]]:
    """The groups that were asked for, of which the machine itself is the one instance of the primary group."""
    instances = cluster["Request"]["Instances"]
    groups = instances.get("InstanceGroups") or [
        {"InstanceRole": "MASTER", "InstanceType": instances.get("MasterInstanceType", "local"), "InstanceCount": 1}
    ]
    gone = cluster["State"].startswith("TERMINATED")
    return [
        {
            "Id": f"ig-{cluster['Id'][2:]}{number}",
            "Name": group.get("Name", group["InstanceRole"].capitalize()),
            "Market": group.get("Market", "ON_DEMAND"),
            "InstanceGroupType": group["InstanceRole"],
            "InstanceType": group["InstanceType"],
            "RequestedInstanceCount": group["InstanceCount"],
            "RunningInstanceCount": int(group["InstanceRole"] == "MASTER" and bool(cluster["Ready"]) and not gone),
            "Status": {"State": "TERMINATED" if gone else "RUNNING" if cluster["Ready"] else "PROVISIONING"},
        }
        for number, group in enumerate(groups)
    ]


def fleets(cluster: Document) -> list[dict[str, Any]]:
    """Each has at once what it was asked to have; nothing is scaled here."""
    shown = []
    for number, fleet in enumerate(cluster["Request"]["Instances"]["InstanceFleets"]):
        on_demand, spot = capacity(fleet)
        ready = cluster["Ready"] and not cluster["Ended"]
        shown.append(
            known(
                Id=_fleet_id(cluster, number),
                Name=fleet.get("Name"),
                InstanceFleetType=fleet["InstanceFleetType"],
                TargetOnDemandCapacity=on_demand,
                TargetSpotCapacity=spot,
                ProvisionedOnDemandCapacity=on_demand if ready else 0,
                ProvisionedSpotCapacity=spot if ready else 0,
                Status={"State": _state(cluster), "Timeline": _timeline(cluster)},
                InstanceTypeSpecifications=fleet["InstanceTypeConfigs"],
                LaunchSpecifications=fleet.get("LaunchSpecifications"),
            )
        )
    return shown


def fleet_instances(cluster: Document) -> Iterator[Instance]:
    """As many instances as the fleets' targets take, of each fleet's first type."""
    if not cluster["Ready"]:
        return
    for number, fleet in enumerate(cluster["Request"]["Instances"]["InstanceFleets"]):
        config = fleet["InstanceTypeConfigs"][0]
        for market, target in zip(("ON_DEMAND", "SPOT"), capacity(fleet), strict=True):
            for place in range(-(-target // config.get("WeightedCapacity", 1))):
                of = {"InstanceFleetId": _fleet_id(cluster, number), "Market": market}
                name = f"{number}{market[0]}{place}"
                yield fleet["InstanceFleetType"], _instance(cluster, name, config["InstanceType"], of)


def group_instances(cluster: Document) -> Iterator[Instance]:
    primary = next((group for group in instance_groups(cluster) if group["InstanceGroupType"] == "MASTER"), None)
    if primary is None or not cluster["Ready"]:
        return
    of = {"InstanceGroupId": primary["Id"], "Market": primary["Market"]}
    yield "MASTER", _instance(cluster, "", primary["InstanceType"], of)


def _instance(cluster: Document, name: str, instance_type: str, of: dict[str, Any]) -> dict[str, Any]:
    return {
        "Id": f"ci-{cluster['Id'][2:]}{name}",
        "PrivateIpAddress": "127.0.0.1",
        "PrivateDnsName": "localhost",
        "Status": {"State": _state(cluster), "Timeline": _timeline(cluster)},
        "InstanceType": instance_type,
        **of,
    }


def _state(cluster: Document) -> str:
    if cluster["Ended"]:
        return "TERMINATED"
    return "RUNNING" if cluster["Ready"] else "PROVISIONING"


def _timeline(cluster: Document) -> dict[str, Any]:
    return known(CreationDateTime=cluster["Created"], ReadyDateTime=cluster["Ready"], EndDateTime=cluster["Ended"])


def _fleet_id(cluster: Document, number: int) -> str:
    return f"if-{cluster['Id'][2:]}{number}"
