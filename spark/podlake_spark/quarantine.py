"""Quarantine: the rows that could not enter a table, with the reasons, in ``controle.quarentena``; and which of them a
later good row of the same key made up for, in ``controle.quarentena_resolvida``.

Both lie outside the run's branches: the rows are there to be looked at whether or not the slot is published. A slot's
rows of one table (and layer) are replaced as a whole, so that a step that runs twice leaves them once.
"""

import threading
from collections.abc import Iterable

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from podlake_spark.iceberg import LakeTable, TableColumn
from podlake_spark.manifest import Manifest
from podlake_spark.table_creation import create_namespace, create_table

QUARANTINE_COLUMNS = [
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

RESOLUTION_COLUMNS = [
    TableColumn("tabela", "string", "Tabela à qual a linha pertencia"),
    TableColumn(
        "slot", "timestamp_ntz", "Instante da execução que recebeu a linha boa, em UTC; conta se foi publicada"
    ),
    TableColumn("slot_da_linha", "timestamp_ntz", "Instante da execução que separou a linha ruim, em UTC"),
    TableColumn("arquivo_id", "bigint", "Número do arquivo da linha ruim no registro de todos os arquivos"),
    TableColumn("registro", "bigint", "Número do registro ruim nesse arquivo"),
    TableColumn("arquivo", "string", "Chave do arquivo que trouxe depois uma linha boa da mesma chave"),
]

# The tables of a layer write here side by side. Iceberg would sort it out by retries; taking turns needs none.
_one_at_a_time = threading.Lock()


class _RowsOfSlots:
    """A table of ``controle`` in which a step replaces what this slot has of one of its tables."""

    def __init__(self, spark: SparkSession, manifest: Manifest, name: str, columns: list[TableColumn], own: list[str]):
        """``own`` names the columns that the manifest gives and not the rows: the first of the table.

        A backfill writes to its branch of the table, so that nothing is seen of one that is never published.
        """
        self._spark = spark
        self._manifest = manifest
        self._name = name
        self._columns = columns
        self._own = own
        self._table = LakeTable(spark, f"controle.{name}")
        self._branch = manifest.branch if manifest.backfill else "main"

    def create(self, comment: str, partitioned_by: list[str]) -> None:
        create_namespace(self._spark, "controle")
        create_table(
            self._table,
            self._spark,
            self._columns,
            location=f"{self._manifest.locations.controle}/{self._name}",
            comment=comment,
            partitioned_by=partitioned_by,
            properties={},
        )
        # A backfill begins at what readers see now. Each slot's rows are replaced as a whole, also by a second try.
        if self._table.snapshot(self._branch) is None:
            self._table.restart_branch(self._branch, self._table.main())

    def replace(self, table: str, rows: DataFrame) -> int:
        """Puts ``rows`` (all columns that are not the manifest's) in place of this slot's; how many Iceberg wrote."""
        values = {
            "tabela": F.lit(table),
            "slot": F.lit(self._manifest.slot_timestamp).cast("timestamp_ntz"),
            "camada": F.lit(self._manifest.layer),
            "tentativa": F.lit(self._manifest.attempt),
        }
        kept = rows.select(
            *[values[c.name].alias(c.name) if c.name in self._own else F.col(c.name) for c in self._columns]
        )
        with _one_at_a_time:
            kept.writeTo(self._place(self._branch)).overwrite(F.expr(self._where(self._here(table))))
            return self._table.commit(self._table.snapshot(self._branch)).added_rows

    def clear(self, table: str) -> None:
        """Removes what an earlier try of this slot left for the table; no commit when it left nothing."""
        with _one_at_a_time:
            if self._table.has_files(self._here(table), self._branch):
                place = self._place(self._branch)
                self._spark.sql(f"delete from {place} where {self._where(self._here(table))}")

    def drop_branch(self) -> None:
        if self._table.exists():
            self._table.drop_branch(self._branch)

    def adopt(self, rows_of: Iterable[tuple[str, str, str]]) -> None:
        """What the backfill found of each table, slot (its instant) and layer takes the place of what readers see of it.

        The branch goes last: without it, all was adopted before.
        """
        if not self._table.exists() or self._table.snapshot(self._branch) is None:
            return
        with _one_at_a_time:
            replaced = sorted({self._where(self._of(*one)) for one in rows_of})
            if replaced:
                condition = F.expr(" or ".join(f"({one})" for one in replaced))
                rows = self._spark.table(self._table.branch_identifier(self._branch)).where(condition)
                rows.writeTo(self._table.identifier).overwrite(condition)
            self._table.drop_branch(self._branch)

    def _place(self, branch: str) -> str:
        return self._table.identifier if branch == "main" else self._table.branch_identifier(branch)

    def _of(self, table: str, instant: str, layer: str) -> dict[str, str]:
        of = {"tabela": table, "slot": instant.removesuffix("Z"), "camada": layer}
        return {name: value for name, value in of.items() if name in self._own}

    def _rows(self, partition: dict[str, str], branch: str) -> DataFrame | None:
        """The rows of a partition; None, without a Spark job, if there are none."""
        if not self._table.has_files(partition, branch):
            return None
        return self._spark.table(self._place(branch)).where(self._where(partition))

    def _here(self, table: str) -> dict[str, str]:
        return self._of(table, self._manifest.slot_instant, self._manifest.layer)

    def _where(self, partition: dict[str, str]) -> str:
        return " and ".join(
            f"{name} = {'timestamp_ntz ' if name == 'slot' else ''}'{value}'" for name, value in partition.items()
        )


class Quarantine(_RowsOfSlots):
    def __init__(self, spark: SparkSession, manifest: Manifest):
        own = ["tabela", "slot", "camada", "tentativa"]
        super().__init__(spark, manifest, "quarentena", QUARANTINE_COLUMNS, own)

    def create_table(self) -> None:
        self.create("Linhas que não entraram nas tabelas, com o motivo", ["tabela", "slot", "camada"])

    def unreadable(self, table: str, reread: bool = False) -> DataFrame | None:
        """File and number of each record that the raw step of this slot could not read; None if it read all. Where a
        backfill did not read the files again, readers have those rows, also of a slot that came after it began.
        """
        rows = self._rows({**self._here(table), "camada": "raw"}, self._branch if reread else "main")
        return None if rows is None else rows.select("arquivo_id", "registro")

    def of_earlier_slots(self, table: str) -> DataFrame | None:
        """Slot, place and key of the rows that earlier slots kept from entering the table and of which the key is known."""
        rows = self._rows({"tabela": table, "camada": "trusted"}, self._branch)
        if rows is None:
            return None
        slot = F.lit(self._manifest.slot_timestamp).cast("timestamp_ntz")
        return rows.where(F.col("chave").isNotNull() & (F.col("slot") < slot)).select(
            F.col("slot").alias("slot_da_linha"), "arquivo_id", "registro", "chave"
        )


class Resolutions(_RowsOfSlots):
    def __init__(self, spark: SparkSession, manifest: Manifest):
        super().__init__(spark, manifest, "quarentena_resolvida", RESOLUTION_COLUMNS, ["tabela", "slot"])

    def create_table(self) -> None:
        self.create("Linhas da quarentena cuja chave recebeu depois uma linha boa", ["tabela", "slot"])
