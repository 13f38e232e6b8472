-- Taxa de aprovação de crédito: pedidos aprovados sobre pedidos recebidos, por tipo de contrato e no total.

with pedidos as (
  select
    coalesce(name_contract_type, 'Não informado') as tipo_contrato,
    name_contract_status as situacao
  from trusted.previous_application
),

por_tipo as (
  select
    tipo_contrato,
    count(*) as recebidas,
    count_if(situacao = 'Approved') as aprovadas,
    count_if(situacao = 'Refused') as recusadas,
    count_if(situacao = 'Canceled') as canceladas,
    count_if(situacao = 'Unused offer') as nao_utilizadas
  from pedidos
  group by tipo_contrato
),

-- Sem group by há sempre uma linha: Todos aparece com zeros mesmo sem nenhum pedido.
todos as (
  select
    'Todos' as tipo_contrato,
    coalesce(sum(recebidas), 0) as recebidas,
    coalesce(sum(aprovadas), 0) as aprovadas,
    coalesce(sum(recusadas), 0) as recusadas,
    coalesce(sum(canceladas), 0) as canceladas,
    coalesce(sum(nao_utilizadas), 0) as nao_utilizadas
  from por_tipo
),

grupos as (
  select * from por_tipo
  union all
  select * from todos
),

-- O quociente de duas contagens sai com 18 casas; o arredondamento que vale é um só, para 6 casas, metade para cima.
taxas as (
  select
    *,
    round(cast(aprovadas as decimal(20, 0)) / nullif(recebidas, 0), 6) as taxa_aprovacao
  from grupos
)

select
  cast(tipo_contrato as string) as tipo_contrato,
  cast(recebidas as bigint) as recebidas,
  cast(aprovadas as bigint) as aprovadas,
  cast(recusadas as bigint) as recusadas,
  cast(canceladas as bigint) as canceladas,
  cast(nao_utilizadas as bigint) as nao_utilizadas,
  cast(taxa_aprovacao as decimal(9, 6)) as taxa_aprovacao
from taxas
