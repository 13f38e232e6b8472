"""ListClusters and ListSteps: order, filters and pages."""

from datetime import timedelta
from uuid import uuid4

from clusters import Emr, step


def test_clusters_are_listed_newest_first_and_filtered_by_state(emr: Emr) -> None:
    ended, open_one = emr.cluster(keep=False), emr.cluster()
    emr.wait(ended, "TERMINATED")
    emr.wait(open_one, "WAITING")

    def listed(**filters: object) -> list[str]:
        pages = emr.api.get_paginator("list_clusters").paginate(**filters)
        return [found["Id"] for page in pages for found in page["Clusters"] if found["Id"] in (ended, open_one)]

    assert listed() == [open_one, ended]
    assert listed(ClusterStates=["WAITING"]) == [open_one]
    assert listed(ClusterStates=["TERMINATED", "TERMINATED_WITH_ERRORS"]) == [ended]


def test_clusters_are_filtered_by_when_they_were_created(emr: Emr) -> None:
    cluster = emr.cluster()
    created = emr.status(cluster)["Timeline"]["CreationDateTime"]
    second = timedelta(seconds=1)

    def listed(**filters: object) -> bool:
        return cluster in [found["Id"] for found in emr.api.list_clusters(**filters)["Clusters"]]

    assert listed(CreatedAfter=created - second, CreatedBefore=created + second)
    assert not listed(CreatedAfter=created + second)
    assert not listed(CreatedBefore=created - second)


def test_pages_of_clusters_hold_fifty_and_lose_none(emr: Emr) -> None:
    name = f"paged {uuid4()}"
    made = [emr.cluster(keep=False, name=name) for _ in range(60)]
    first = emr.api.list_clusters()
    assert len(first["Clusters"]) == 50
    pages = emr.api.get_paginator("list_clusters").paginate()
    found = [cluster["Id"] for page in pages for cluster in page["Clusters"] if cluster["Name"] == name]
    assert found == made[::-1]
    for cluster in made:
        emr.wait(cluster, "TERMINATED")


def test_steps_are_listed_newest_first_in_pages_and_by_state(emr: Emr) -> None:
    cluster = emr.cluster(step("sleep:60"))
    added = emr.add(cluster, *[step("say:x", name=f"step {n}") for n in range(55)])
    emr.wait(cluster, "RUNNING")
    first = emr.api.list_steps(ClusterId=cluster)
    assert [s["Id"] for s in first["Steps"]] == added[::-1][:50]
    rest = emr.api.list_steps(ClusterId=cluster, Marker=first["Marker"])
    assert [s["Id"] for s in rest["Steps"]][:5] == added[::-1][50:]
    assert "Marker" not in rest
    [running] = emr.api.list_steps(ClusterId=cluster, StepStates=["RUNNING"])["Steps"]
    assert running["Id"] not in added


def test_steps_asked_for_by_id_come_in_that_order(emr: Emr) -> None:
    cluster = emr.cluster(step("sleep:60"))
    one, two = emr.add(cluster, step("say:1"), step("say:2"))
    found = emr.api.list_steps(ClusterId=cluster, StepIds=[one, two])["Steps"]
    assert [s["Id"] for s in found] == [one, two]


def test_a_step_shows_what_it_was_given(emr: Emr) -> None:
    cluster = emr.cluster(
        step(
            "say:x",
            name="podlake 20261124T090000Z raw attempt 1",
            on_failure="CANCEL_AND_WAIT",
        )
    )
    [found] = emr.api.list_steps(ClusterId=cluster)["Steps"]
    assert found["Name"] == "podlake 20261124T090000Z raw attempt 1"
    assert found["ActionOnFailure"] == "CANCEL_AND_WAIT"
    assert found["Config"]["Jar"] == "command-runner.jar"
    assert found["Config"]["Args"] == ["spark-submit", "say:x"]
