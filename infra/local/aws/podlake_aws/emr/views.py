"""Clusters and steps as EMR's API shows them. Instants are epoch seconds, as AWS JSON has them."""

from typing import Any

from .store import Document


def known(**members: Any) -> dict[str, Any]:
    return {key: value for key, value in members.items() if value is not None}


def cluster_status(cluster: Document) -> dict[str, Any]:
    reason = cluster["Reason"]
    return {
        "State": cluster["State"],
        "StateChangeReason": known(Code=reason.get("code"), Message=reason.get("message")),
        "Timeline": known(
            CreationDateTime=cluster["Created"], ReadyDateTime=cluster["Ready"], EndDateTime=cluster["Ended"]
        ),
    }


def cluster_summary(cluster: Document) -> dict[str, Any]:
    return {
        "Id": cluster["Id"],
        "Name": cluster["Name"],
        "Status": cluster_status(cluster),
        "NormalizedInstanceHours": 0,
        "ClusterArn": cluster["Arn"],
    }


def cluster_details(cluster: Document) -> dict[str, Any]:
    request = cluster["Request"]
    instances = request["Instances"]
    return cluster_summary(cluster) | known(
        Ec2InstanceAttributes=known(
            Ec2KeyName=instances.get("Ec2KeyName"),
            Ec2SubnetId=instances.get("Ec2SubnetId"),
            RequestedEc2SubnetIds=instances.get("Ec2SubnetIds"),
            IamInstanceProfile=request.get("JobFlowRole"),
            EmrManagedMasterSecurityGroup=instances.get("EmrManagedMasterSecurityGroup"),
            EmrManagedSlaveSecurityGroup=instances.get("EmrManagedSlaveSecurityGroup"),
        ),
        InstanceCollectionType="INSTANCE_FLEET" if "InstanceFleets" in instances else "INSTANCE_GROUP",
        LogUri=cluster["LogUri"],
        LogEncryptionKmsKeyId=request.get("LogEncryptionKmsKeyId"),
        ReleaseLabel=request.get("ReleaseLabel"),
        AutoTerminate=not cluster["KeepAlive"],
        TerminationProtected=cluster["TerminationProtected"],
        VisibleToAllUsers=request.get("VisibleToAllUsers", True),
        Applications=request.get("Applications") or [],
        Tags=cluster["Tags"],
        ServiceRole=request.get("ServiceRole"),
        # the machine itself: no other name leads to it
        MasterPublicDnsName="localhost" if cluster["Ready"] else None,
        Configurations=request.get("Configurations") or [],
        SecurityConfiguration=request.get("SecurityConfiguration"),
        AutoScalingRole=request.get("AutoScalingRole"),
        ScaleDownBehavior=request.get("ScaleDownBehavior"),
        EbsRootVolumeSize=request.get("EbsRootVolumeSize"),
        OSReleaseLabel=request.get("OSReleaseLabel"),
        StepConcurrencyLevel=cluster["StepConcurrencyLevel"],
    )


def step_summary(step: Document) -> dict[str, Any]:
    details = step["FailureDetails"]
    return {
        "Id": step["Id"],
        "Name": step["Name"],
        "Config": {"Jar": step["Jar"], "Properties": step["Properties"], "Args": step["Arguments"]},
        "ActionOnFailure": step["ActionOnFailure"],
        "Status": known(
            State=step["State"],
            StateChangeReason=known(Message=step["Message"]),
            FailureDetails=details or None,
            Timeline=known(CreationDateTime=step["Created"], StartDateTime=step["Started"], EndDateTime=step["Ended"]),
        ),
    }
