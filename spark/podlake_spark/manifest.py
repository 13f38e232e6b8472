"""The manifest that a step is given (``contract/manifest.schema.json``), as plain typed values."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from podlake_spark.errors import JobError

LAYERS = ("raw", "trusted", "refined", "publish", "rebuild", "backfill", "maintenance")


@dataclass(frozen=True)
class Locations:
    trusted: str
    refined: str
    controle: str


@dataclass(frozen=True)
class DeliveredFile:
    id: int
    uri: str
    landing_key: str
    arrival: str
    bytes: int
    compression: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class RawTask:
    table: str
    output: str
    files: tuple[DeliveredFile, ...]


@dataclass(frozen=True)
class ColumnHistory:
    rows: int
    nulls: int


@dataclass(frozen=True)
class TableHistory:
    """The last published deliveries: rows of each; how many were profiled, and by column what those wrote."""

    delivered: tuple[int, ...] = ()
    profiled: int = 0
    columns: dict[str, ColumnHistory] = field(default_factory=dict)


@dataclass(frozen=True)
class TrustedTask:
    """``records`` and ``unreadable`` are those of the raw step: the share of bad rows is taken over all records.
    ``files`` gives by the number of each CSV file its URI; ``reread`` says that this backfill read them again.
    """

    table: str
    raw_files: tuple[str, ...]
    base: str | None
    records: int | None
    unreadable: int
    history: TableHistory = TableHistory()
    files: dict[int, str] = field(default_factory=dict)
    reread: bool = False


@dataclass(frozen=True)
class RefinedTask:
    table: str
    base: str | None


@dataclass(frozen=True)
class PublishTask:
    table: str
    from_snapshot: str | None
    to_snapshot: str


@dataclass(frozen=True)
class RebuildTask:
    """One comparison: a trusted table (with raw files, without a slot), or a slot's rows of an indicator, computed by the
    SQL of ``catalogue`` or, without one, of its slot's.
    """

    table: str
    name: str
    snapshot: str
    slot: str | None
    raw_files: tuple[str, ...]
    catalogue: str | None = None


@dataclass(frozen=True)
class MaintenanceTask:
    """What is to be done to one table; instants as in ISO 8601, None for what is not to be done."""

    table: str
    drop_branches: tuple[str, ...]
    compact_from: str | None
    drop_tags: tuple[str, ...]
    expire_before: str | None
    orphans_before: str | None


@dataclass(frozen=True)
class RebuiltSlot:
    """A published slot: trusted as it stood after it, refined as it was published before it, by table name."""

    slot: str
    timestamp: str
    catalogue: str
    trusted: dict[str, str]
    refined: dict[str, str]


@dataclass(frozen=True)
class ReplayedSlot:
    """One slot that a backfill plays again. ``table`` is the slot's name: progress is told slot by slot. The manifests are
    those of the slot's own layers; ``pinned`` says for tables that are not played where they stood in that slot, None
    where they had no row yet.
    """

    table: str
    trusted: str | None
    refined: str | None
    pinned: dict[str, str | None]


@dataclass(frozen=True)
class Switch:
    """How a backfill is published: the tags of its slots by table, whose rows of quarantine it replaces (table, slot's
    instant and layer), and the tables that stay as they are and only lose its branch.
    """

    tags: dict[str, dict[str, str]]
    quarantine: tuple[tuple[str, str, str], ...]
    unmoved: tuple[str, ...]


@dataclass(frozen=True)
class Manifest:
    slot: str
    slot_instant: str
    attempt: int
    layer: str
    catalogue: str
    branch: str
    metrics: str
    progress: str
    locations: Locations
    tables: tuple[Any, ...]
    written: tuple[str, ...] = ()
    publication: int | None = None
    tag: str | None = None
    slots: tuple[RebuiltSlot, ...] = ()
    # By trusted table the slot of its last files, None if none came; empty where the manifest does not say.
    last_arrivals: dict[str, datetime | None] = field(default_factory=dict)
    # Whether the branch is that of a backfill, which every table has and which goes on from slot to slot.
    backfill: bool = False
    # Of a step of a backfill: where the branch of each table begins (None: without any row).
    start: dict[str, str | None] = field(default_factory=dict)
    discard: bool = False
    switch: Switch | None = None

    @property
    def slot_time(self) -> datetime:
        return _time(self.slot_instant)

    @property
    def slot_timestamp(self) -> str:
        """The slot's instant as the text of a ``timestamp_ntz`` in UTC."""
        return _timestamp(self.slot_instant)


def parse_manifest(text: str, layer: str) -> Manifest:
    """Reads a manifest; refuses another format, another layer, or a field that is not there."""
    content = json.loads(text)
    if content.get("format") != 1:
        raise JobError(f"The manifest has format {content.get('format')!r}; this package reads format 1.")
    if content.get("layer") != layer:
        raise JobError(f"The manifest is for layer {content.get('layer')!r}, but the step was started for {layer!r}.")
    try:
        return _manifest(content)
    except KeyError as missing:
        raise JobError(f"The manifest of layer {layer} lacks the field {missing}.") from missing


def _manifest(content: dict[str, Any]) -> Manifest:
    locations = content["locations"]
    task = {
        "raw": _raw_task,
        "trusted": _trusted_task,
        "refined": _refined_task,
        "publish": _publish_task,
        "rebuild": _rebuild_task,
        "backfill": _replayed_slot,
        "maintenance": _maintenance_task,
    }
    return Manifest(
        slot=content["slot"],
        slot_instant=content["slotInstant"],
        attempt=content["attempt"],
        layer=content["layer"],
        catalogue=content["catalogue"],
        branch=content["branch"],
        metrics=content["metrics"],
        progress=content["progress"],
        locations=Locations(*(locations[name].rstrip("/") for name in ("trusted", "refined", "controle"))),
        tables=tuple(task[content["layer"]](table) for table in content["tables"]),
        written=tuple(content["written"]) if content["layer"] == "refined" else (),
        publication=content["publication"] if content["layer"] == "publish" else None,
        tag=content["tag"] if content["layer"] == "publish" else None,
        last_arrivals={
            arrival["table"]: None if arrival["slotInstant"] is None else _time(arrival["slotInstant"])
            for arrival in content.get("lastArrivals", ())
        },
        slots=tuple(_rebuilt_slot(slot) for slot in content["slots"]) if content["layer"] == "rebuild" else (),
        backfill=content["layer"] == "backfill" or "switch" in content or content.get("backfill", False),
        start=_snapshots(content.get("start", ())),
        discard=content.get("discard", False),
        switch=_switch(content["switch"]) if "switch" in content else None,
    )


def _raw_task(table: dict[str, Any]) -> RawTask:
    files = tuple(
        DeliveredFile(
            id=file["id"],
            uri=file["uri"],
            landing_key=file["landingKey"],
            arrival=file["arrival"],
            bytes=file["bytes"],
            compression=file["compression"],
            columns=tuple(file["columns"]),
        )
        for file in table["files"]
    )
    return RawTask(table=table["table"], output=table["output"].rstrip("/"), files=files)


def _trusted_task(table: dict[str, Any]) -> TrustedTask:
    return TrustedTask(
        table=table["table"],
        raw_files=tuple(table["rawFiles"]),
        base=table["base"],
        records=table.get("records"),
        unreadable=table.get("unreadable") or 0,
        history=_history(table["history"]) if "history" in table else TableHistory(),
        files={file["id"]: file["uri"] for file in table.get("files", ())},
        reread=table.get("reread", False),
    )


def _history(history: dict[str, Any]) -> TableHistory:
    return TableHistory(
        delivered=tuple(history["delivered"]),
        profiled=history["profiled"],
        columns={name: ColumnHistory(column["rows"], column["nulls"]) for name, column in history["columns"].items()},
    )


def _refined_task(table: dict[str, Any]) -> RefinedTask:
    return RefinedTask(table=table["table"], base=table["base"])


def _publish_task(table: dict[str, Any]) -> PublishTask:
    return PublishTask(table=table["table"], from_snapshot=table["from"], to_snapshot=table["to"])


def _rebuild_task(table: dict[str, Any]) -> RebuildTask:
    return RebuildTask(
        table=table["table"],
        name=table["name"],
        snapshot=table["snapshot"],
        slot=table.get("slot"),
        raw_files=tuple(table.get("rawFiles") or ()),
        catalogue=table.get("catalogue"),
    )


def _replayed_slot(slot: dict[str, Any]) -> ReplayedSlot:
    return ReplayedSlot(
        table=slot["table"], trusted=slot["trusted"], refined=slot["refined"], pinned=_snapshots(slot["pinned"])
    )


def _snapshots(tables: Iterable[dict[str, Any]]) -> dict[str, str | None]:
    return {table["table"]: table["snapshot"] for table in tables}


def _switch(switch: dict[str, Any]) -> Switch:
    tags: dict[str, dict[str, str]] = {}
    for tag in switch["tags"]:
        tags.setdefault(tag["table"], {})[tag["tag"]] = tag["snapshot"]
    return Switch(
        tags=tags,
        quarantine=tuple((rows["table"], rows["slotInstant"], rows["layer"]) for rows in switch["quarantine"]),
        unmoved=tuple(switch["unmoved"]),
    )


def _maintenance_task(table: dict[str, Any]) -> MaintenanceTask:
    return MaintenanceTask(
        table=table["table"],
        drop_branches=tuple(table["dropBranches"]),
        compact_from=table["compactFrom"],
        drop_tags=tuple(table["dropTags"]),
        expire_before=table["expireBefore"],
        orphans_before=table["orphansBefore"],
    )


def _rebuilt_slot(slot: dict[str, Any]) -> RebuiltSlot:
    return RebuiltSlot(
        slot=slot["slot"],
        timestamp=_timestamp(slot["slotInstant"]),
        catalogue=slot["catalogue"],
        trusted=slot["trusted"],
        refined=slot["refined"],
    )


def _timestamp(instant: str) -> str:
    return instant.removesuffix("Z").replace("T", " ")


def _time(instant: str) -> datetime:
    return datetime.fromisoformat(instant.replace("Z", "+00:00"))
