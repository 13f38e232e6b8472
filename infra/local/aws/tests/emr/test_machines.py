"""Fleets: what EMR would refuse is refused here, and what is taken is shown with its instances and their times."""

from copy import deepcopy
from typing import Any

import pytest
from botocore.exceptions import ClientError
from clusters import Emr

Request = dict[str, Any]


def fleet(kind: str, on_demand: int = 0, spot: int = 0, *types: str, **more: Any) -> Request:
    return {
        "InstanceFleetType": kind,
        "TargetOnDemandCapacity": on_demand,
        "TargetSpotCapacity": spot,
        "InstanceTypeConfigs": [{"InstanceType": name, "WeightedCapacity": 1} for name in types or ("r6g.2xlarge",)],
        **more,
    }


def spot(**changes: Any) -> Request:
    wanted = {"TimeoutDurationMinutes": 10, "TimeoutAction": "SWITCH_TO_ON_DEMAND"} | changes
    return {"SpotSpecification": wanted}


MASTER, CORE = fleet("MASTER", 1, 0, "m6g.xlarge"), fleet("CORE", 2)
TASK = fleet("TASK", 0, 1, "r6g.2xlarge", "r7g.2xlarge", LaunchSpecifications=spot())
LIMITS = {"UnitType": "InstanceFleetUnits", "MinimumCapacityUnits": 2, "MaximumCapacityUnits": 8}


def request(*fleets: Request, limits: Request | None = None, **instances: Any) -> Request:
    made: Request = {
        "Name": "of fleets",
        "ReleaseLabel": "emr-7.14.0",
        "Instances": {
            "InstanceFleets": list(deepcopy(fleets)),
            "KeepJobFlowAliveWhenNoSteps": True,
            **instances,
        },
    }
    if limits is not None:
        made["ManagedScalingPolicy"] = {"ComputeLimits": LIMITS | limits}
    return made


def test_fleets_are_taken_and_shown_with_their_instances_and_times(emr: Emr) -> None:
    wanted = request(MASTER, CORE, TASK, limits={"MaximumOnDemandCapacityUnits": 3, "MaximumCoreCapacityUnits": 2})
    cluster = emr.api.run_job_flow(**wanted)["JobFlowId"]
    emr.made.append(cluster)
    assert emr.api.list_instances(ClusterId=cluster)["Instances"] == []
    emr.wait(cluster, "WAITING")
    shown = emr.api.describe_cluster(ClusterId=cluster)["Cluster"]
    assert shown["InstanceCollectionType"] == "INSTANCE_FLEET"
    fleets = emr.api.list_instance_fleets(ClusterId=cluster)["InstanceFleets"]
    assert [
        (f["InstanceFleetType"], f["ProvisionedOnDemandCapacity"], f["ProvisionedSpotCapacity"]) for f in fleets
    ] == [
        ("MASTER", 1, 0),
        ("CORE", 2, 0),
        ("TASK", 0, 1),
    ]
    instances = emr.api.list_instances(ClusterId=cluster)["Instances"]
    assert sorted((i["InstanceType"], i["Market"]) for i in instances) == [
        ("m6g.xlarge", "ON_DEMAND"),
        ("r6g.2xlarge", "ON_DEMAND"),
        ("r6g.2xlarge", "ON_DEMAND"),
        ("r6g.2xlarge", "SPOT"),
    ]
    assert len({instance["Id"] for instance in instances}) == 4
    [task] = emr.api.list_instances(ClusterId=cluster, InstanceFleetType="TASK")["Instances"]
    assert task["InstanceFleetId"] == fleets[2]["Id"]
    assert "EndDateTime" not in task["Status"]["Timeline"]

    emr.api.terminate_job_flows(JobFlowIds=[cluster])
    ended = emr.wait(cluster, "TERMINATED")["Timeline"]["EndDateTime"]
    for instance in emr.api.list_instances(ClusterId=cluster)["Instances"]:
        assert instance["Status"]["State"] == "TERMINATED"
        assert instance["Status"]["Timeline"]["EndDateTime"] == ended


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        (
            request(
                MASTER, InstanceGroups=[{"InstanceRole": "MASTER", "InstanceType": "m6g.xlarge", "InstanceCount": 1}]
            ),
            "mutually exclusive",
        ),
        (request(MASTER, MasterInstanceType="m6g.xlarge"), "mutually exclusive"),
        (request(MASTER, Ec2SubnetId="subnet-1", Ec2SubnetIds=["subnet-2"]), "mutually exclusive"),
        (request(CORE), "MASTER instance fleet is missing"),
        (request(MASTER, TASK), "needs a CORE"),
        (request(MASTER, CORE, CORE), "one instance fleet of each type"),
        (request(fleet("MASTER", 2)), "target capacity of 1"),
        (request(MASTER, fleet("CORE")), "greater than 0"),
        (request(MASTER, fleet("CORE", 1, 0, "r6g.2xlarge", "r6g.2xlarge")), "twice"),
        (request(MASTER, fleet("CORE", 1, 0, *[f"r{n}.large" for n in range(6)])), "at most 5"),
        (request(MASTER, fleet("CORE", 1, LaunchSpecifications=spot(TimeoutDurationMinutes=2))), "between 5 and 1440"),
        (request(MASTER, fleet("CORE", 1, LaunchSpecifications=spot(TimeoutAction="WAIT"))), "SWITCH_TO_ON_DEMAND"),
        (request(MASTER, fleet("CORE", 1, LaunchSpecifications=spot(AllocationStrategy="cheap"))), "lowest-price"),
        (request(MASTER, CORE, limits={"MinimumCapacityUnits": 9}), "between 1 and MaximumCapacityUnits"),
        (request(MASTER, CORE, limits={"MaximumOnDemandCapacityUnits": 9}), "MaximumOnDemandCapacityUnits 9"),
        (request(MASTER, CORE, limits={"MaximumCoreCapacityUnits": 1}), "larger than MaximumCoreCapacityUnits"),
        (request(MASTER, CORE, limits={"UnitType": "Instances"}), "does not fit"),
        (request(MASTER, limits={}), "needs core instances"),
        (request(MASTER) | {"Tags": [{"Key": "aws:x", "Value": "y"}]}, "aws:"),
        (request(MASTER) | {"Tags": [{"Key": "x", "Value": "y"}] * 2}, "each key once"),
    ],
)
def test_machines_that_emr_would_not_give_are_refused(emr: Emr, wanted: Request, says: str) -> None:
    with pytest.raises(ClientError, match=says) as refused:
        emr.api.run_job_flow(**wanted)
    assert refused.value.response["Error"]["Code"] == "ValidationException"
