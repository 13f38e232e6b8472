"""The operations of Glue that are done here: the catalogue's. moto knows jobs, crawlers and sessions too, but only
says that they ran; those are refused instead."""

from ..errors import ServiceError

READS = frozenset(
    {
        "GetDatabase", "GetDatabases", "GetTable", "GetTables", "GetTableVersion", "GetTableVersions",
        "GetPartition", "GetPartitions", "BatchGetPartition", "GetTags",
    }
)  # fmt: skip

# Those that touch one table and leave all others as they are
TABLE_WRITES = frozenset(
    {
        "CreateTable", "UpdateTable", "DeleteTable", "DeleteTableVersion",
        "CreatePartition", "BatchCreatePartition", "UpdatePartition", "BatchUpdatePartition",
        "DeletePartition", "BatchDeletePartition",
    }
)  # fmt: skip

WRITES = TABLE_WRITES | {
    "CreateDatabase", "UpdateDatabase", "DeleteDatabase", "BatchDeleteTable", "TagResource", "UntagResource",
}  # fmt: skip


def is_write(operation: str) -> bool:
    if operation in WRITES:
        return True
    if operation in READS:
        return False
    raise ServiceError(
        "UnsupportedOperationException", f"The local Glue keeps the catalogue alone; it does not do {operation!r}.", 501
    )
