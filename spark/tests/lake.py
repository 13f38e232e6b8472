"""A small lake for tests: a catalogue of its own, CSV deliveries on disk, and the four layers run one after the other.

The catalogue is not the project's: what a test expects follows from the rows it shows.
"""

import copy
import gzip
import json

from podlake_spark import job

NAMESPACES = ("trusted", "refined", "controle")


def column(name, kind, **settings):
    return {
        "name": name.lower(),
        "source": name,
        "type": kind,
        "nullable": not settings.get("key", False),
        "key": False,
        "keyMayBeEmpty": False,
        "sentinel": None,
        "accepted": None,
        "personal": "none",
        "description": {"pt": f"Coluna {name}", "en": f"Column {name}"},
        **settings,
    }


def trusted(name, columns, **settings):
    return {
        "name": name.lower(),
        "source": name,
        "description": {"pt": f"Tabela {name}", "en": f"Table {name}"},
        "key": [c["name"] for c in columns if c["key"]],
        "buckets": None,
        "badRowThreshold": 0.01,
        "onHeldDelivery": "proceed",
        "columns": columns,
        "checks": [],
        **settings,
    }


LOANS = trusted(
    "application_train",
    [
        column("SK_ID_CURR", "bigint", key=True),
        column("TARGET", "int", accepted=[0, 1]),
        column("NAME_CONTRACT_TYPE", "string"),
        column("AMT_CREDIT", "decimal(18,3)"),
        column("DAYS_EMPLOYED", "int", sentinel=365243),
        column("EXT_SOURCE_1", "double"),
    ],
)

PAYMENTS = trusted(
    "installments_payments",
    [
        column("SK_ID_PREV", "bigint", key=True),
        column("NUM_INSTALMENT_NUMBER", "int", key=True),
        column("DAYS_ENTRY_PAYMENT", "int", key=True, nullable=True, keyMayBeEmpty=True),
        column("AMT_PAYMENT", "decimal(18,3)"),
    ],
    buckets=2,
)

DEFAULT_RATE = {
    "name": "taxa_inadimplencia",
    "title": "Taxa de inadimplência",
    "description": "Parte dos clientes com dificuldade de pagamento",
    "purpose": "teste",
    "grain": "uma linha",
    "owner": "teste",
    "inputs": ["application_train"],
    "lookback": [],
    "sql": "select count_if(target = 1) as inadimplentes, count(target) as clientes_com_desfecho\n"
    "from trusted.application_train",
    "key": [],
    "columns": [
        {"name": "inadimplentes", "type": "bigint", "nullable": False, "unit": None, "description": "Inadimplentes"},
        {"name": "clientes_com_desfecho", "type": "bigint", "nullable": False, "unit": None, "description": "Clientes"},
    ],
    "assumptions": [],
    "checks": [],
}

LOANS_BY_TYPE = {
    **DEFAULT_RATE,
    "name": "emprestimos_por_tipo",
    "sql": "select name_contract_type as tipo_contrato, count(*) as emprestimos from trusted.application_train\n"
    "group by name_contract_type",
    "key": ["tipo_contrato"],
    "columns": [
        {"name": "tipo_contrato", "type": "string", "nullable": True, "unit": None, "description": "Tipo"},
        {"name": "emprestimos", "type": "bigint", "nullable": False, "unit": None, "description": "Empréstimos"},
    ],
    "checks": [
        {"name": "unique_key", "check": "unique_key", "columns": ["tipo_contrato"], "severity": "error"},
    ],
}


def catalogue(tables=(LOANS, PAYMENTS), refined=(DEFAULT_RATE,)):
    """A catalogue of the caller's own, which may be changed: what one test sets must not be there in the next."""
    tables, refined = copy.deepcopy((tables, refined))
    sources = {
        table["source"]: {"name": table["source"], "columns": [{"name": c["source"]} for c in table["columns"]]}
        for table in tables
    }
    return {
        "format": 1,
        "hash": "test",
        "sources": sources,
        "trusted": {table["name"]: table for table in tables},
        "refined": {table["name"]: table for table in refined},
    }


class Lake:
    """Plays the part of the workflow: writes the manifests, runs the layers, reads their metrics."""

    def __init__(self, spark, folder):
        self.spark = spark
        self.folder = folder
        self.catalogue = catalogue()
        self.published = {}
        self.snapshots_after = {}
        self._file_id = 0
        self._uris = {}

    def drop_tables(self):
        """Without "purge", which starts jobs that look for the files of each table."""
        for namespace in NAMESPACES:
            self.spark.sql(f"create namespace if not exists lake.{namespace}")
            for row in self.spark.sql(f"show tables in lake.{namespace}").collect():
                self.spark.sql(f"drop table lake.{namespace}.{row['tableName']}")

    def deliver(self, text, name="arquivo.csv", arrival="2026-11-24T08:00:00Z", landing_key=None, columns=None):
        """Puts one CSV file where the copy from landing would, and describes it as the manifest does."""
        self._file_id += 1
        data = text if isinstance(text, bytes) else text.encode("utf-8")
        path = self.folder / "transient" / f"{self._file_id}-{name}"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") and data[:2] != b"\x1f\x8b" else data)
        header = data.decode("utf-8-sig", errors="replace").splitlines()[0] if columns is None else ""
        self._uris[self._file_id] = path.as_uri().replace("file://", "file:") if " " not in name else f"file:{path}"
        return {
            "id": self._file_id,
            "uri": self._uris[self._file_id],
            "landingKey": landing_key or name,
            "arrival": arrival,
            "bytes": len(data),
            "compression": "gzip" if name.endswith(".gz") else "none",
            "columns": columns or header.split(","),
        }

    def raw(self, deliveries, slot="20261124T090000Z", attempt=1):
        tables = [
            {"table": table, "output": f"file:{self.folder}/raw/{table}/slot={slot}/attempt={attempt}/", "files": files}
            for table, files in deliveries.items()
        ]
        return self.step("raw", slot, attempt, tables=tables)

    def trusted(self, raw, slot="20261124T090000Z", attempt=1, bases=None):
        tables = [
            {
                "table": table["table"].lower(),
                "rawFiles": [output["uri"] for output in table["outputs"]],
                "base": self.base(f"trusted.{table['table'].lower()}", bases),
                "records": sum(file["records"] for file in table["files"]),
                "unreadable": sum(file["unreadable"] for file in table["files"]),
                "files": [{"id": file["id"], "uri": self._uris[file["id"]]} for file in table["files"]],
            }
            for table in raw["tables"]
            if table["outputs"]
        ]
        return self.step("trusted", slot, attempt, tables=tables)

    def refined(self, written, slot="20261124T090000Z", attempt=1):
        tables = [{"table": name, "base": self.base(f"refined.{name}_dados")} for name in self.catalogue["refined"]]
        return self.step("refined", slot, attempt, tables=tables, written=written)

    def publish(self, trusted, refined, slot="20261124T090000Z", attempt=1):
        moves = [(f"trusted.{table['table']}", table) for table in trusted["tables"]]
        moves += [(f"refined.{table['table']}_dados", table) for table in refined["tables"]]
        tables = [{"table": name, "from": self.base(name), "to": table["snapshotTo"]} for name, table in moves]
        metrics = self.step("publish", slot, attempt, tables=tables, publication=1, tag=f"slot_{slot}")
        self.published.update({table["table"]: table["to"] for table in tables})
        return metrics

    def run(self, deliveries, slot="20261124T090000Z", attempt=1):
        """All four layers; returns their metrics by layer."""
        raw = self.raw(deliveries, slot, attempt)
        trusted = self.trusted(raw, slot, attempt)
        refined = self.refined([table["table"] for table in trusted["tables"]], slot, attempt)
        publish = self.publish(trusted, refined, slot, attempt)
        return {"raw": raw, "trusted": trusted, "refined": refined, "publish": publish}

    def fold(self, table, text, slot, attempt=1):
        """Raw and trusted for one file of one table, published; the figures of the trusted step."""
        trusted = self.trusted(self.raw({table: [self.deliver(text)]}, slot, attempt), slot, attempt)
        self.publish(trusted, {"tables": []}, slot, attempt)
        return trusted

    def base(self, name, bases=None):
        return (bases or self.published).get(name)

    def step(self, layer, slot, attempt, **content):
        """Writes the manifest, runs the layer in this session, gives back its metrics."""
        place = self.folder / "controle" / slot / str(attempt) / layer
        place.mkdir(parents=True, exist_ok=True)
        (place / "catalogue.json").write_text(json.dumps(self.catalogue), encoding="utf-8")
        instant = f"{slot[:4]}-{slot[4:6]}-{slot[6:8]}T{slot[9:11]}:{slot[11:13]}:{slot[13:15]}Z"
        manifest = {
            "format": 1,
            "slot": slot,
            "slotInstant": instant,
            "attempt": attempt,
            "grant": 1,
            "layer": layer,
            "catalogue": f"file:{place}/catalogue.json",
            "branch": f"run_{slot}",
            "metrics": f"file:{place}/metrics.json",
            "progress": f"file:{place}/progress.json",
            "locations": {name: f"s3://podbank-{name}" for name in ("trusted", "refined", "controle")},
            **content,
        }
        (place / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        job.run(self.spark, layer, f"file:{place}/manifest.json")
        return json.loads((place / "metrics.json").read_text(encoding="utf-8"))

    def progress(self, layer, slot="20261124T090000Z", attempt=1):
        return json.loads((self.folder / "controle" / slot / str(attempt) / layer / "progress.json").read_text())

    def manifest(self, layer, slot="20261124T090000Z", attempt=1):
        return json.loads((self.folder / "controle" / slot / str(attempt) / layer / "manifest.json").read_text())

    def rows(self, query):
        return [tuple(row) for row in self.spark.sql(query).collect()]


def figures(metrics, table):
    (found,) = [figure for figure in metrics["tables"] if figure["table"].lower() == table.lower()]
    return found


def audits(metrics):
    return {(audit["table"].lower(), audit["audit"]): audit["passed"] for audit in metrics["audits"]}
