"""The configuration file, read and checked once, before anything is opened or bound."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class ConfigurationError(Exception):
    """The configuration cannot be used; the message names the key and what it should be."""


@dataclass(frozen=True)
class EmrTimings:
    """How long a cluster stays in the states that take minutes on EMR. Seconds."""

    starting: float = 0.2
    bootstrapping: float = 0.2
    terminating: float = 0.1
    kill_grace: float = 10.0


@dataclass(frozen=True)
class Configuration:
    host: str
    port: int
    state_dir: Path
    region: str
    account_id: str
    s3_endpoint: str
    access_key: str
    secret_key: str
    python: str
    java_home: str
    spark_home: Path
    jars: tuple[str, ...]
    spark_defaults: dict[str, str | None]
    log_level: str
    emr: EmrTimings
    raw: dict[str, Any] = field(repr=False, compare=False)


def read_configuration(path: Path) -> Configuration:
    """Reads the JSON file; raises ConfigurationError with one sentence if it cannot be used."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"The configuration file {path} cannot be read: {error.strerror}.") from error
    except json.JSONDecodeError as error:
        raise ConfigurationError(f"The configuration file {path} is not JSON: {error}.") from error
    if not isinstance(raw, dict):
        raise ConfigurationError(f"The configuration file {path} must hold one JSON object.")
    return configuration_from(raw)


def configuration_from(raw: dict[str, Any]) -> Configuration:
    def take(key: str, kind: type, default: Any = None) -> Any:
        value = raw.get(key, default)
        if value is None:
            raise ConfigurationError(f"The configuration lacks `{key}`.")
        if not isinstance(value, kind) or isinstance(value, bool):
            raise ConfigurationError(f"The configuration's `{key}` must be of type {kind.__name__}, it is {value!r}.")
        return value

    timings = take("emr", dict, {})
    unknown = sorted(
        set(timings) - {"startingSeconds", "bootstrappingSeconds", "terminatingSeconds", "killGraceSeconds"}
    )
    if unknown:
        raise ConfigurationError(f"The configuration's `emr` has a key that means nothing: {', '.join(unknown)}.")
    defaults = EmrTimings()
    spark_defaults = take("sparkDefaults", dict, {})
    return Configuration(
        host=take("host", str, "127.0.0.1"),
        port=take("port", int),
        state_dir=Path(take("stateDir", str)),
        region=take("region", str, "us-east-1"),
        account_id=take("accountId", str, "123456789012"),
        s3_endpoint=take("s3Endpoint", str),
        access_key=take("accessKey", str),
        secret_key=take("secretKey", str),
        python=take("python", str),
        java_home=take("javaHome", str),
        spark_home=Path(take("sparkHome", str)),
        jars=tuple(str(jar) for jar in take("jars", list, [])),
        spark_defaults={str(k): None if v is None else str(v) for k, v in spark_defaults.items()},
        log_level=take("logLevel", str, "info"),
        emr=EmrTimings(
            starting=float(timings.get("startingSeconds", defaults.starting)),
            bootstrapping=float(timings.get("bootstrappingSeconds", defaults.bootstrapping)),
            terminating=float(timings.get("terminatingSeconds", defaults.terminating)),
            kill_grace=float(timings.get("killGraceSeconds", defaults.kill_grace)),
        ),
        raw=raw,
    )
