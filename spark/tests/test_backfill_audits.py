"""Backfill: totals that have to be the same in two indicators, of which a backfill plays one alone."""

import copy

import pytest
from lake import DEFAULT_RATE, LOANS_BY_TYPE, catalogue
from test_backfill import Backfill
from test_rebuild import FIRST, LOANS, SECOND, run

BY_TYPE, RATE = "emprestimos_por_tipo", "taxa_inadimplencia"
SAME_LOANS = {
    "name": "same_loans",
    "check": "same_total",
    "column": "emprestimos",
    "other": {"table": RATE, "column": "clientes_com_desfecho"},
    "severity": "error",
}


@pytest.fixture
def compared(lake):
    """Two slots with three loans and four, each of an outcome: by type and as a whole they are as many."""
    by_type = {**copy.deepcopy(LOANS_BY_TYPE), "checks": [SAME_LOANS]}
    lake.catalogue = catalogue(refined=[DEFAULT_RATE, by_type])
    run(lake, FIRST, application_train=[lake.deliver(LOANS + "1,0,a,1,,\n2,1,a,1,,\n3,0,b,1,,\n")])
    run(lake, SECOND, application_train=[lake.deliver(LOANS + "4,0,b,1,,\n")])
    return lake


def found(played, slot):
    audits = played.metrics("refined", slot)["audits"]
    return [(audit["table"], audit["audit"], audit["passed"], audit["examples"]) for audit in audits]


def test_the_table_that_is_not_played_is_compared_as_readers_see_it_in_each_slot(compared):
    played = Backfill(compared)
    played.play([FIRST, SECOND], trusted=(), refined=(BY_TYPE,))

    for slot in (FIRST, SECOND):
        assert found(played, slot) == [(BY_TYPE, "same_loans", True, [])]


def test_a_total_that_another_table_has_to_have_is_compared_too(compared):
    """The mended SQL of the one counts defaulters twice: that the other, which asks for it, is not played hides nothing."""
    rate = compared.catalogue["refined"][RATE]
    rate["sql"] = rate["sql"].replace("count(target) as", "count(target) + count_if(target = 1) as")
    played = Backfill(compared)
    played.play([FIRST, SECOND], trusted=(), refined=(RATE,))

    assert found(played, FIRST) == [(BY_TYPE, "same_loans", False, [f"3 here, 4 in {RATE}"])]
    assert found(played, SECOND) == [(BY_TYPE, "same_loans", False, [f"4 here, 5 in {RATE}"])]


def test_an_indicator_that_was_none_yet_in_a_slot_is_not_compared_in_it(lake):
    lake.catalogue = catalogue(refined=[DEFAULT_RATE])
    run(lake, FIRST, application_train=[lake.deliver(LOANS + "1,0,a,1,,\n")])
    by_type = {**copy.deepcopy(LOANS_BY_TYPE), "checks": [SAME_LOANS]}
    lake.catalogue = catalogue(refined=[DEFAULT_RATE, by_type])
    run(lake, SECOND, application_train=[lake.deliver(LOANS + "2,0,a,1,,\n")])

    played = Backfill(lake)
    played.play([FIRST, SECOND], trusted=(), refined=(RATE,))

    assert found(played, FIRST) == []
    assert found(played, SECOND) == [(BY_TYPE, "same_loans", True, [])]
