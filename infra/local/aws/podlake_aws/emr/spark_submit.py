"""From a step's arguments to a process: the environment, the configuration folder and the command of spark-submit."""

import os
from pathlib import Path
from typing import Any

from ..configuration import Configuration
from ..errors import ServiceError

JAR = "command-runner.jar"

# Classifications that a one-machine cluster already fulfils by how it is set up: Iceberg and the Glue catalogue come
# with its jars, Java and Python from the stack. `spark-defaults` is the one that is applied. Any other is refused.
FULFILLED = {"iceberg-defaults", "spark-env", "spark-hive-site", "spark"}


def check_step(jar: str, arguments: list[str], main_class: str | None) -> None:
    """Raises ServiceError if this machine cannot run the step; better at once than as a step that cannot work."""
    if jar != JAR:
        raise ServiceError("ValidationException", f"The local EMR runs steps of {JAR} alone, not of {jar!r}.")
    if main_class:
        raise ServiceError("ValidationException", f"The local EMR runs {JAR} without MainClass, not {main_class!r}.")
    if not arguments or arguments[0] != "spark-submit":
        given = arguments[0] if arguments else ""
        raise ServiceError(
            "ValidationException", f"The local EMR runs `spark-submit ...` through {JAR}, not {given!r}."
        )


def check_configurations(configurations: list[dict[str, Any]]) -> None:
    for configuration in configurations:
        name = configuration.get("Classification", "")
        if name != "spark-defaults" and name not in FULFILLED:
            raise ServiceError(
                "ValidationException",
                f"The local EMR does not do the configuration {name!r}; it does spark-defaults, "
                f"and takes {', '.join(sorted(FULFILLED))} as given.",
            )


def cluster_defaults(configurations: list[dict[str, Any]]) -> dict[str, str]:
    merged: dict[str, str] = {}
    for configuration in configurations:
        if configuration.get("Classification") == "spark-defaults":
            merged.update(configuration.get("Properties") or {})
    return merged


def spark_defaults(configuration: Configuration, cluster: dict[str, str]) -> dict[str, str]:
    """The cluster's own settings, then the machine's, which win; a setting that the machine gives as null is dropped.

    The jars go on the class path itself, not into spark.jars: spark-submit needs the S3 file system before it reads
    anything else, to fetch a main file from s3://.
    """
    merged: dict[str, str] = dict(cluster)
    for key, value in configuration.spark_defaults.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = value
    for role in ("driver", "executor"):
        key = f"spark.{role}.extraClassPath"
        parts = [*configuration.jars, *filter(None, [merged.get(key)])]
        if parts:
            merged[key] = os.pathsep.join(parts)
    return merged


def write_configuration_folder(folder: Path, settings: dict[str, str]) -> None:
    """SPARK_CONF_DIR of a cluster: spark-defaults.conf in the form of Java properties."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [f"{_escape(key, ' :=')}={_escape(value, '')}\n" for key, value in sorted(settings.items())]
    (folder / "spark-defaults.conf").write_text("".join(lines), encoding="utf-8")


def _escape(text: str, separators: str) -> str:
    out = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    for separator in separators:
        out = out.replace(separator, "\\" + separator)
    # Java reads these files as Latin-1
    out = "".join(c if ord(c) < 128 else "".join(f"\\u{u:04x}" for u in _utf16(c)) for c in out)
    return "\\" + out if out[:1] in (" ", "#", "!") and not separators else out


def _utf16(character: str) -> list[int]:
    data = character.encode("utf-16-be")
    return [int.from_bytes(data[i : i + 2], "big") for i in range(0, len(data), 2)]


def command(
    configuration: Configuration, arguments: list[str], conf_dir: Path, folder: Path, cluster_id: str, step_id: str
) -> dict[str, Any]:
    """What the wrapper runs. The environment is made from nothing, so that a step sees what it would see on EMR
    (credentials, region, its ids) and nothing of the shell that started the stack."""
    scratch = folder / "tmp"
    scratch.mkdir(parents=True, exist_ok=True)
    environment = {
        "PATH": os.pathsep.join([str(configuration.spark_home / "bin"), os.environ.get("PATH", os.defpath)]),
        "HOME": os.environ.get("HOME", str(folder)),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "TMPDIR": str(scratch),
        "JAVA_HOME": configuration.java_home,
        "SPARK_HOME": str(configuration.spark_home),
        "SPARK_CONF_DIR": str(conf_dir),
        "SPARK_LOCAL_DIRS": str(scratch),
        # what spark-submit fetches from s3:// lands here too, and goes with the step even if it is killed
        "SPARK_SUBMIT_OPTS": f"-Djava.io.tmpdir={scratch}",
        "PYSPARK_PYTHON": configuration.python,
        "PYSPARK_DRIVER_PYTHON": configuration.python,
        "AWS_ACCESS_KEY_ID": configuration.access_key,
        "AWS_SECRET_ACCESS_KEY": configuration.secret_key,
        "AWS_REGION": configuration.region,
        "AWS_DEFAULT_REGION": configuration.region,
        "AWS_EC2_METADATA_DISABLED": "true",
        # On one machine an endpoint may be away for the seconds of a restart: the step outlasts that.
        "AWS_MAX_ATTEMPTS": "15",
        "EMR_CLUSTER_ID": cluster_id,
        "EMR_STEP_ID": step_id,
    }
    submit = str(configuration.spark_home / "bin" / "spark-submit")
    return {"arguments": [submit, *arguments[1:]], "environment": environment, "folder": str(folder)}
