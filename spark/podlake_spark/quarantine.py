"""Quarantine: the rows that could not enter a table, with the reasons, in ``controle.quarentena``.

It lies outside the run's branches: the rows are there to be looked at whether or not the slot is published. A slot's
rows of one table and layer are replaced as a whole, so that a step that runs twice leaves them once.
"""

import threading

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from podlake_spark.iceberg import LakeTable, TableColumn, create_namespace, create_table
from podlake_spark.manifest import Manifest

COLUMNS = [
    TableColumn("tabela", "string", "Tabela à qual a linha pertencia"),
    TableColumn("slot", "timestamp_ntz", "Instante da execução que recebeu a linha, em UTC"),
    TableColumn("camada", "string", "Camada que separou a linha: raw (registro ilegível) ou trusted (valor inválido)"),
    TableColumn("tentativa", "int", "Tentativa da execução que gravou este registro"),
    TableColumn("arquivo", "string", "Chave do arquivo de origem na área de entrada"),
    TableColumn("registro", "bigint", "Número do registro no arquivo, a partir de 1, sem contar o cabeçalho"),
    TableColumn(
        "motivos",
        "array<struct<coluna:string,valor:string,regra:string>>",
        "Por que a linha foi separada: coluna, valor recebido e regra que ele não cumpre",
    ),
    TableColumn("texto", "string", "A linha como chegou: o texto do registro, ou um objeto JSON com os valores"),
    TableColumn("arquivo_id", "bigint", "Número do arquivo de origem no registro de todos os arquivos"),
    TableColumn("linha", "bigint", "Linha do arquivo em que o registro começa; a primeira, do cabeçalho, é a 1"),
    TableColumn("chave", "string", "Chave da linha na tabela, como coluna=valor; nula quando não se pode lê-la"),
]

# The columns before this one say whose rows these are, and come from the manifest.
_GIVEN = 4

# The tables of a layer write here side by side. Iceberg would sort it out by retries; taking turns needs none.
_one_at_a_time = threading.Lock()


class Quarantine:
    def __init__(self, spark: SparkSession, manifest: Manifest):
        self._spark = spark
        self._manifest = manifest
        self._table = LakeTable(spark, "controle.quarentena")

    def create(self) -> None:
        create_namespace(self._spark, "controle")
        create_table(
            self._table,
            self._spark,
            COLUMNS,
            location=f"{self._manifest.locations.controle}/quarentena",
            comment="Linhas que não entraram nas tabelas, com o motivo",
            partitioned_by=["tabela", "slot", "camada"],
            properties={},
        )

    def replace(self, table: str, rows: DataFrame) -> int:
        """Puts ``rows`` in place of this slot's; returns how many Iceberg wrote. They have the columns from ``arquivo`` on."""
        kept = rows.select(
            F.lit(table).alias("tabela"),
            F.lit(self._manifest.slot_timestamp).cast("timestamp_ntz").alias("slot"),
            F.lit(self._manifest.layer).alias("camada"),
            F.lit(self._manifest.attempt).alias("tentativa"),
            *[column.name for column in COLUMNS[_GIVEN:]],
        )
        with _one_at_a_time:
            kept.writeTo(self._table.identifier).overwrite(F.expr(self._here(table)))
            return self._table.commit(self._table.main()).added_rows

    def clear(self, table: str) -> None:
        """Removes what an earlier try of this slot left for the table; no commit when it left nothing."""
        with _one_at_a_time:
            if self._table.has_files({"tabela": table, "slot": self._slot_literal(), "camada": self._manifest.layer}):
                self._spark.sql(f"delete from {self._table.identifier} where {self._here(table)}")

    def unreadable(self, table: str) -> DataFrame | None:
        """File and number of each record that the raw step of this slot could not read; None if it read all."""
        if not self._table.has_files({"tabela": table, "slot": self._slot_literal(), "camada": "raw"}):
            return None
        return (
            self._spark.table(self._table.identifier).where(self._here(table, "raw")).select("arquivo_id", "registro")
        )

    def _here(self, table: str, layer: str | None = None) -> str:
        slot = self._manifest.slot_timestamp
        return f"tabela = '{table}' and slot = timestamp_ntz '{slot}' and camada = '{layer or self._manifest.layer}'"

    def _slot_literal(self) -> str:
        return self._manifest.slot_instant.removesuffix("Z")
