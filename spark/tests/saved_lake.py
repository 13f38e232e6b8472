"""A lake with which several tests begin, kept as it was once built: to build it takes many times as long as to put it back.

Three places hold a lake: its folder (manifests, CSV and raw files), the files that Iceberg keeps in the JVM's memory, and
the catalogue, which names the current metadata of each table.
"""

import copy
import shutil

from lake import NAMESPACES

# What every lake of a session has in common.
SHARED = ("spark", "folder")


class Tables:
    """The tables of the in-memory catalogue ``lake``, with their files."""

    def __init__(self, spark):
        self._spark = spark
        self._jvm = spark.sparkContext._jvm
        self._catalogue = spark._jsparkSession.sessionState().catalogManager().catalog("lake").icebergCatalog()
        # Iceberg has no way of its own to list the files that it keeps in memory.
        file_io = self._jvm.org.apache.spark.util.Utils.classForName(
            "org.apache.iceberg.inmemory.InMemoryFileIO", True, False
        )
        field = file_io.getDeclaredField("IN_MEMORY_FILES")
        field.setAccessible(True)
        self._files = field.get(None)

    def __contains__(self, file):
        """Whether the storage has it, whether or not a table names it."""
        return self._files.containsKey(file)

    def forget_files(self):
        """All of them. (Python's ``clear`` of a Java map would ask for each of its keys.)"""
        self._files.keySet().retainAll(self._jvm.java.util.Collections.emptySet())

    def save(self):
        """The current metadata of each table, and all files: one that is written is never changed."""
        tables = [
            f"{namespace}.{row['tableName']}"
            for namespace in NAMESPACES
            for row in self._spark.sql(f"show tables in lake.{namespace}").collect()
        ]
        return {table: self._metadata(table) for table in tables}, self._jvm.java.util.HashMap(self._files)

    def restore(self, saved):
        """Puts back what was saved, in an empty catalogue."""
        metadata, files = saved
        self._files.putAll(files)
        for table, file in metadata.items():
            self._catalogue.registerTable(self._identifier(table), file)

    def _identifier(self, table):
        return self._jvm.org.apache.iceberg.catalog.TableIdentifier.parse(table)

    def _metadata(self, table):
        return self._catalogue.loadTable(self._identifier(table)).operations().current().metadataFileLocation()


class SavedLake:
    """One lake as a fixture built it, with what the test's own object knows of it."""

    def __init__(self, lake, tables, folder):
        self._tables = tables
        self._saved = tables.save()
        self._folder = folder
        shutil.copytree(lake.folder, folder)
        self._known = copy.deepcopy({name: value for name, value in vars(lake).items() if name not in SHARED})

    def restore(self, lake):
        lake.drop_tables()
        self._tables.forget_files()
        self._tables.restore(self._saved)
        shutil.rmtree(lake.folder)
        shutil.copytree(self._folder, lake.folder)
        vars(lake).update(copy.deepcopy(self._known))
