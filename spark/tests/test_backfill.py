"""Backfill: past slots folded again on a branch, and published at once."""

import json
from itertools import pairwise

import pytest
from lake import DEFAULT_RATE, LOANS_BY_TYPE, audits, catalogue, figures
from test_contract import faults
from test_rebuild import CHANGE, FIRST, LOANS, PAYMENTS, SECOND, THIRD, differing, main, rebuild, references, run

from podlake_spark import job, publish
from podlake_spark.errors import JobError

BRANCH = "backfill_1"
FOURTH = "20261125T210000Z"


def publish_three_slots(lake):
    """Three slots in which a rule was wrong that the catalogue has right by now: 7 is a value of TARGET too."""
    lake.catalogue = catalogue(refined=[DEFAULT_RATE, LOANS_BY_TYPE, CHANGE])
    for table in lake.catalogue["trusted"].values():
        table["badRowThreshold"] = 1
    run(lake, FIRST, application_train=[lake.deliver(LOANS + "1,0,a,1,,\n2,1,a,1,,\n")])
    payments = [lake.deliver(PAYMENTS + "1,1,,5\n1,x,-3,6\n")]
    second = lake.deliver(LOANS + "2,0,b,1,,\n3,7,b,1,,\n4,8,b,1,,\n7,7,b,1,,\n5\n", name="segunda.csv")
    run(lake, SECOND, application_train=[second], installments_payments=payments)
    run(lake, THIRD, application_train=[lake.deliver(LOANS + "3,0,c,1,,\n6,1,c,1,,\n")])
    for column in lake.catalogue["trusted"]["application_train"]["columns"]:
        if column["name"] == "target":
            column["accepted"] = [0, 1, 7]


@pytest.fixture
def published(begun):
    return begun(publish_three_slots)


class Backfill:
    """Plays the part of the workflow: the manifests of each slot, the step, the plan and the switch."""

    def __init__(self, lake, branch=BRANCH, attempt=2):
        self.lake = lake
        self.branch = branch
        self.attempt = attempt
        self.after = {}
        self.slots = []

    def play(self, slots, trusted=("application_train", "installments_payments"), refined=None, start=None):
        """Plays the slots from their own raw files; ``start`` says for tables that are played where they begin."""
        lake = self.lake
        refined = lake.catalogue["refined"] if refined is None else refined
        everything = [f"trusted.{name}" for name in lake.catalogue["trusted"]]
        everything += [f"refined.{name}_dados" for name in lake.catalogue["refined"]]
        begin = start if start is not None else self.base(slots[0], trusted)
        tables = [self.slot(slot, trusted, refined) for slot in slots]
        begin = {name: begin.get(name) for name in everything}
        self.slots += slots
        return self.step(slots, tables=tables, start=snapshots(begin), discard=False)

    def base(self, first, trusted):
        """Trusted as it stood before the first slot; indicators as they are, of which each slot replaces its rows."""
        before = [slot for slot in sorted(self.lake.snapshots_after) if slot < first]
        stood = self.lake.snapshots_after[before[-1]] if before else {}
        now = self.lake.published
        return {
            **{name: at for name, at in now.items() if name.startswith("refined.")},
            **{f"trusted.{name}": stood.get(f"trusted.{name}") for name in trusted},
        }

    def slot(self, slot, trusted, refined):
        lake = self.lake
        own = [task for task in lake.manifest("trusted", slot)["tables"] if task["table"] in trusted]
        tasks = [{**task, "base": None} for task in own]
        written = [{"table": name, "base": None} for name in refined]
        others = [name for name in lake.catalogue["trusted"] if name not in trusted]
        stood = lake.snapshots_after[slot]
        return {
            "table": slot,
            "trusted": self.manifest("trusted", slot, tables=tasks) if tasks else None,
            "refined": self.manifest("refined", slot, tables=written, written=[task["table"] for task in own])
            if written
            else None,
            "pinned": snapshots({f"trusted.{name}": stood.get(f"trusted.{name}") for name in others}),
        }

    def manifest(self, layer, slot, **content):
        """A manifest of the slot's own layer; only written, as the step reads it."""
        lake = self.lake
        place = lake.folder / "controle" / slot / str(self.attempt) / layer
        place.mkdir(parents=True, exist_ok=True)
        manifest = {
            **{key: value for key, value in lake.manifest(layer, slot).items() if key != "tables"},
            **{"attempt": self.attempt, "branch": self.branch, "backfill": True, "grant": 0},
            **{"metrics": f"file:{place}/metrics.json", "progress": f"file:{place}/progress.json"},
            **content,
        }
        (place / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        assert faults("manifest", manifest) == []
        return f"file:{place}/manifest.json"

    def step(self, slots, **content):
        metrics = self.lake.step("backfill", slots[-1], self.attempt, branch=self.branch, grant=0, **content)
        assert faults("manifest", self.lake.manifest("backfill", slots[-1], self.attempt)) == []
        assert faults("metrics", metrics) == []
        assert faults("progress", self.lake.progress("backfill", slots[-1], self.attempt)) == []
        return metrics

    def metrics(self, layer, slot):
        place = self.lake.folder / "controle" / slot / str(self.attempt) / layer / "metrics.json"
        metrics = json.loads(place.read_text())
        assert faults("metrics", metrics) == []
        return metrics

    def discard(self):
        self.step(self.slots or [FIRST], tables=[], start=[], discard=True)

    def plan(self):
        """Of each table that was played from where to where main moves, and where the tags of the slots stand then."""
        tags, heads, quarantine = [], {}, []
        for slot in self.slots:
            instant = self.lake.manifest("trusted", slot)["slotInstant"]
            for layer, ending in (("trusted", ""), ("refined", "_dados")):
                place = self.lake.folder / "controle" / slot / str(self.attempt) / layer / "metrics.json"
                for table in json.loads(place.read_text())["tables"] if place.exists() else []:
                    name = f"{layer}.{table['table']}{ending}"
                    heads[name] = table["snapshotTo"]
                    tags.append({"table": name, "tag": f"slot_{slot}", "snapshot": table["snapshotTo"]})
                    if layer == "trusted":
                        quarantine.append({"table": table["table"], "slotInstant": instant, "layer": "trusted"})
                    self.after.setdefault(slot, {})[name] = table["snapshotTo"]
        return {
            "tables": [{"table": name, "from": self.lake.published.get(name), "to": to} for name, to in heads.items()],
            "tag": f"slot_{self.slots[-1]}",
            "publication": 9,
            "branch": self.branch,
            "switch": {
                "tags": tags,
                "quarantine": quarantine,
                "unmoved": [
                    f"trusted.{name}" for name in self.lake.catalogue["trusted"] if f"trusted.{name}" not in heads
                ],
            },
        }

    def publish(self):
        plan = self.plan()
        metrics = self.lake.step("publish", self.slots[-1], self.attempt, **plan)
        assert faults("manifest", self.lake.manifest("publish", self.slots[-1], self.attempt)) == []
        self.lake.published.update({table["table"]: table["to"] for table in plan["tables"]})
        for slot, heads in self.after.items():
            self.lake.snapshots_after[slot].update(heads)
        later = [slot for slot in sorted(self.lake.snapshots_after) if slot >= self.slots[0]]
        for before, slot in pairwise(later):
            # A table that had no file in a slot stands where the slot before left it.
            carried = {
                name: at
                for name, at in self.lake.snapshots_after[before].items()
                if name not in self.after.get(slot, {})
            }
            self.lake.snapshots_after[slot].update(carried)
        return metrics


def snapshots(tables):
    return [{"table": name, "snapshot": at} for name, at in tables.items()]


def loans(lake):
    return lake.rows("select sk_id_curr, target, name_contract_type from trusted.application_train order by 1")


def by_type(lake):
    columns = "date_format(ts_referencia, 'dd HH'), tipo_contrato, emprestimos"
    return lake.rows(f"select {columns} from lake.refined.emprestimos_por_tipo_dados order by 1, 2")


def test_a_backfill_from_the_slot_with_the_fault_gives_what_raw_gives(published):
    assert "trusted.application_train" in differing(rebuild(published))
    played = Backfill(published)

    played.play([SECOND, THIRD])
    played.publish()

    assert loans(published) == [(1, 0, "a"), (2, 0, "b"), (3, 0, "c"), (6, 1, "c"), (7, 7, "b")]
    # The loans 3 and 7 are there in the second slot, where they were bad rows before.
    assert by_type(published) == [
        *[("24 09", "a", 2), ("24 21", "a", 1), ("24 21", "b", 3)],
        *[("25 09", "a", 1), ("25 09", "b", 2), ("25 09", "c", 2)],
    ]
    assert differing(rebuild(published)) == {}
    taken = figures(played.metrics("trusted", SECOND), "application_train")
    assert (taken["rowsRaw"], taken["inserted"], taken["updated"], taken["quarantined"]) == (4, 2, 1, 1)
    assert all(audits(played.metrics("trusted", SECOND)).values())


def test_a_second_backfill_from_a_later_slot_keeps_what_the_first_mended(published):
    first = Backfill(published)
    first.play([SECOND, THIRD])
    first.publish()
    mended = (loans(published), by_type(published))

    second = Backfill(published, branch="backfill_2", attempt=3)
    second.play([THIRD])
    second.publish()

    assert (loans(published), by_type(published)) == mended
    assert differing(rebuild(published)) == {}


def test_a_table_without_a_file_in_the_played_slots_stays_as_it_is(published):
    before = main(published, "trusted.installments_payments")
    played = Backfill(published)

    played.play([THIRD])
    played.publish()

    assert main(published, "trusted.installments_payments") == before
    assert BRANCH not in str(references(published))
    assert published.rows("select sk_id_prev from trusted.installments_payments") == [(1,)]


def test_slots_of_one_table_read_the_others_as_they_stood_then(published):
    """Only payments are played: what an indicator of the second slot reads of loans is the second slot, not the present."""
    played = Backfill(published)
    played.play([SECOND, THIRD], trusted=("installments_payments",), refined=("emprestimos_por_tipo",))
    played.publish()

    assert ("24 21", "c", 2) not in by_type(published)
    assert [row for row in by_type(published) if row[0] == "24 21"] == [("24 21", "a", 1), ("24 21", "b", 1)]


def test_nothing_is_seen_before_the_switch_and_what_is_discarded_leaves_no_trace(published):
    before = (references(published), loans(published), by_type(published), quarantine(published))
    played = Backfill(published)

    played.play([SECOND, THIRD])
    assert (loans(published), by_type(published), quarantine(published)) == before[1:]
    played.discard()

    assert (references(published), loans(published), by_type(published), quarantine(published)) == before
    assert controle_branches(published) == {"main"}


def test_the_rows_in_quarantine_change_with_the_switch(published):
    before = [("24 21", "raw", "5"), ("24 21", "trusted", "3"), ("24 21", "trusted", "4"), ("24 21", "trusted", "7")]
    assert bad_loans(published) == before
    payments = quarantine(published, "installments_payments")
    played = Backfill(published)
    played.play([SECOND, THIRD], trusted=("application_train",))
    assert bad_loans(published) == before

    played.publish()

    assert bad_loans(published) == [("24 21", "raw", "5"), ("24 21", "trusted", "4")]
    assert quarantine(published, "installments_payments") == payments
    assert controle_branches(published) == {"main"}


def test_a_step_that_is_played_twice_leaves_the_same(published):
    once = Backfill(published)
    once.play([SECOND, THIRD])
    once.slots = []
    once.play([SECOND, THIRD])
    once.publish()

    assert differing(rebuild(published)) == {}
    assert bad_loans(published) == [("24 21", "raw", "5"), ("24 21", "trusted", "4")]


def test_a_slot_published_meanwhile_is_played_before_the_switch(published):
    played = Backfill(published)
    played.play([SECOND, THIRD])
    late = published.deliver(LOANS + "1,7,d,1,,\n9\n", name="nova.csv")
    run(published, FOURTH, application_train=[late])

    played.plan()
    heads = {name: at for heads in played.after.values() for name, at in heads.items()}
    played.play([FOURTH], start=heads)
    played.publish()

    assert loans(published) == [(1, 7, "d"), (2, 0, "b"), (3, 0, "c"), (6, 1, "c"), (7, 7, "b")]
    assert differing(rebuild(published)) == {}
    assert ("25 21", "raw", "9") in bad_loans(published)


def test_a_switch_that_stops_after_any_table_is_completed_by_another(published, monkeypatch):
    played = Backfill(published)
    played.play([SECOND, THIRD])
    names = sorted(table["table"] for table in played.plan()["tables"])
    assert len(names) == 5

    for _ in names:
        # Each try moves one more table and dies at the next.
        with monkeypatch.context() as dying:
            moved = []
            load = publish.PublishLayer.load

            def once(layer, task, load=load, moved=moved):
                done = load(layer, task)
                moved.append(done["moved"])
                if moved.count(True) == 1:
                    raise JobError("killed")
                return done

            dying.setattr(publish.PublishLayer, "load", once)
            dying.setattr(job, "run_side_by_side", job.run_one_by_one)
            with pytest.raises(JobError, match="killed"):
                played.lake.step("publish", played.slots[-1], played.attempt, **played.plan())
    played.publish()

    assert loans(published) == [(1, 0, "a"), (2, 0, "b"), (3, 0, "c"), (6, 1, "c"), (7, 7, "b")]
    assert differing(rebuild(published)) == {}
    assert BRANCH not in str(references(published))
    tags = [row for table in references(published) for row in table if row[0] == f"slot_{SECOND}"]
    assert sorted(str(at) for _, at in tags) == sorted(played.after[SECOND].values())


def test_a_second_writer_between_plan_and_switch_stops_it(published):
    played = Backfill(published)
    played.play([SECOND, THIRD])
    plan = played.plan()
    published.spark.sql("delete from lake.trusted.application_train where sk_id_curr = 1")

    with pytest.raises(JobError, match="Somebody else wrote this table"):
        published.step("publish", THIRD, 2, **plan)

    assert [row[0] for row in loans(published)] == [2, 3, 6]


def quarantine(lake, table="application_train"):
    columns = "date_format(slot, 'dd HH'), camada, texto, linha"
    return lake.rows(f"select {columns} from lake.controle.quarentena where tabela = '{table}' order by 1, 2, 3")


def bad_loans(lake):
    """Slot, layer and loan of each row in quarantine."""
    return [
        (slot, layer, text if layer == "raw" else json.loads(text)["SK_ID_CURR"])
        for slot, layer, text, _ in quarantine(lake)
    ]


def controle_branches(lake):
    tables = ("quarentena", "quarentena_resolvida")
    return {name for table in tables for (name,) in lake.rows(f"select name from lake.controle.{table}.refs")}
