"""Small objects and listings through Hadoop's file system, so that ``s3://`` means what the cluster says it means.

On S3 an object appears when its stream is closed: a reader sees the old text or the new one, never half of it.
"""

from dataclasses import dataclass

from pyspark.sql import SparkSession


@dataclass(frozen=True)
class StoredFile:
    uri: str
    bytes: int


class Files:
    def __init__(self, spark: SparkSession):
        self._jvm = spark._jvm
        self._conf = spark._jsc.hadoopConfiguration()

    def read_text(self, uri: str) -> str:
        path = self._path(uri)
        stream = path.getFileSystem(self._conf).open(path)
        try:
            return self._jvm.org.apache.commons.io.IOUtils.toString(stream, "UTF-8")
        finally:
            stream.close()

    def write_text(self, uri: str, text: str) -> None:
        path = self._path(uri)
        stream = path.getFileSystem(self._conf).create(path, True)
        try:
            stream.write(bytearray(text.encode("utf-8")))
        finally:
            stream.close()

    def delete(self, uri: str) -> None:
        path = self._path(uri)
        path.getFileSystem(self._conf).delete(path, True)

    def list_parquet(self, folder: str) -> list[StoredFile]:
        """The Parquet files directly in ``folder``, by name; none when the folder is not there."""
        path = self._path(folder)
        file_system = path.getFileSystem(self._conf)
        if not file_system.exists(path):
            return []
        found = [
            StoredFile(status.getPath().toString(), status.getLen())
            for status in file_system.listStatus(path)
            if status.isFile() and status.getPath().getName().endswith(".parquet")
        ]
        return sorted(found, key=lambda file: file.uri)

    def spark_name(self, uri: str) -> str:
        """The name that Spark's ``_metadata.file_path`` gives a file: spaces, accents and ``%`` are escaped in it."""
        return self._path(uri).toUri().toString()

    def _path(self, uri: str):
        return self._jvm.org.apache.hadoop.fs.Path(uri)
