"""What a step takes and gives is what the contract's schemas say, in every layer."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from podlake_spark.errors import JobError
from podlake_spark.manifest import parse_manifest

CONTRACT = Path(__file__).parents[1] / "contract"
LOANS = "SK_ID_CURR,TARGET,NAME_CONTRACT_TYPE,AMT_CREDIT,DAYS_EMPLOYED,EXT_SOURCE_1\n"
LAYERS = ("raw", "trusted", "refined", "publish")


def faults(name, content):
    schema = json.loads((CONTRACT / f"{name}.schema.json").read_text(encoding="utf-8"))
    return [error.message for error in Draft202012Validator(schema).iter_errors(content)]


@pytest.fixture
def done(lake):
    """One slot through all layers, with a refused file, an unreadable record and a bad row."""
    files = [lake.deliver(LOANS + "1,0,a,1,,\n2,0\n3,x,a,1,,\n"), lake.deliver(LOANS.encode() + b"1,0,\x00,1,,\n")]
    return lake, lake.run({"application_train": files})


def test_manifests_metrics_and_progress_fit_their_schemas(done):
    lake, metrics = done

    assert [faults("manifest", lake.manifest(layer)) for layer in LAYERS] == [[]] * 4
    assert [faults("metrics", metrics[layer]) for layer in LAYERS] == [[]] * 4
    assert [faults("progress", lake.progress(layer)) for layer in LAYERS] == [[]] * 4
    assert [table["state"] for layer in LAYERS for table in lake.progress(layer)["tables"]] == ["done"] * 5


def test_a_manifest_for_another_layer_or_without_a_field_is_refused(done):
    lake, _ = done
    manifest = lake.manifest("trusted")

    with pytest.raises(JobError, match="is for layer 'trusted', but the step was started for 'raw'"):
        parse_manifest(json.dumps(manifest), "raw")
    del manifest["branch"]
    with pytest.raises(JobError, match="lacks the field 'branch'"):
        parse_manifest(json.dumps(manifest), "trusted")
