-- Variação da taxa de inadimplência: a taxa desta execução ao lado da anterior e da de 30 dias atrás.

with contagem as (
  select
    count_if(target = 1) as inadimplentes,
    count(*) as clientes_com_desfecho
  from trusted.application_train
  where target in (0, 1)
),

-- O quociente de duas contagens sai com 18 casas; o arredondamento que vale é um só, para 6 casas, metade para cima.
-- É a mesma taxa que a tabela taxa_inadimplencia publica por esta execução.
atual as (
  select
    *,
    cast(round(cast(inadimplentes as decimal(20, 0)) / nullif(clientes_com_desfecho, 0), 6) as decimal(9, 6))
      as taxa_inadimplencia
  from contagem
),

-- O que execuções anteriores publicaram. Uma execução que não publicou não tem linha, e por isso não existe aqui. As
-- linhas desta execução e de posteriores, que há quando ela é refeita, ficam de fora.
publicadas as (
  select
    ts_referencia,
    taxa_inadimplencia,
    ts_referencia <= cast(:ts_referencia as timestamp_ntz) - interval 720 hours as ha_30_dias
  from refined.taxa_inadimplencia
  where ts_referencia < cast(:ts_referencia as timestamp_ntz)
),

comparadas as (
  select
    max(ts_referencia) as ts_anterior,
    max_by(taxa_inadimplencia, ts_referencia) as taxa_anterior,
    max(ts_referencia) filter (where ha_30_dias) as ts_30_dias,
    max_by(taxa_inadimplencia, ts_referencia) filter (where ha_30_dias) as taxa_30_dias
  from publicadas
),

-- De taxas com 6 casas a diferença em pontos percentuais tem 4, e nada se arredonda.
variacoes as (
  select
    atual.*,
    comparadas.*,
    (atual.taxa_inadimplencia - comparadas.taxa_anterior) * 100 as variacao_anterior,
    (atual.taxa_inadimplencia - comparadas.taxa_30_dias) * 100 as variacao_30_dias
  from atual
  cross join comparadas
)

select
  cast(taxa_inadimplencia as decimal(9, 6)) as taxa_inadimplencia,
  cast(inadimplentes as bigint) as inadimplentes,
  cast(clientes_com_desfecho as bigint) as clientes_com_desfecho,
  cast(ts_anterior as timestamp_ntz) as ts_anterior,
  cast(taxa_anterior as decimal(9, 6)) as taxa_anterior,
  cast(variacao_anterior as decimal(9, 4)) as variacao_anterior_pp,
  cast(ts_30_dias as timestamp_ntz) as ts_30_dias,
  cast(taxa_30_dias as decimal(9, 6)) as taxa_30_dias,
  cast(variacao_30_dias as decimal(9, 4)) as variacao_30_dias_pp
from variacoes
