"""A delivery through all four layers."""

from lake import figures

HEADER = "SK_ID_CURR,TARGET,NAME_CONTRACT_TYPE,AMT_CREDIT,DAYS_EMPLOYED,EXT_SOURCE_1\n"


def test_a_delivery_is_published_and_its_rate_can_be_read(lake):
    first = HEADER + "1,1,Cash loans,1000.5,-10,0.5\n2,0,Cash loans,2000,365243,\n3,,Revolving loans,,,\n"
    metrics = lake.run({"application_train": [lake.deliver(first)]})

    assert lake.rows("select inadimplentes, clientes_com_desfecho from refined.taxa_inadimplencia_dados") == [(1, 2)]
    assert figures(metrics["trusted"], "application_train")["inserted"] == 3
    assert figures(metrics["publish"], "trusted.application_train")["moved"] is True
