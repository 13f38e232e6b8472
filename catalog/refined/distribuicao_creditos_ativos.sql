-- Distribuição de créditos ativos: quantos clientes têm nenhum, um, dois ou mais créditos ativos no mercado.

-- Cada pedido e cada crédito do birô diz que o cliente existe; um crédito ativo conta.
with linhas as (
  select sk_id_curr, 0 as ativo from trusted.application_train
  union all
  select sk_id_curr, 0 as ativo from trusted.application_test
  union all
  select
    sk_id_curr,
    case when credit_active = 'Active' then 1 else 0 end as ativo
  from trusted.bureau
  where sk_id_curr is not null
),

por_cliente as (
  select
    sk_id_curr,
    sum(ativo) as creditos_ativos
  from linhas
  group by sk_id_curr
),

distribuicao as (
  select
    creditos_ativos,
    count(*) as clientes
  from por_cliente
  group by creditos_ativos
),

com_total as (
  select
    *,
    sum(clientes) over () as total_clientes
  from distribuicao
),

-- O quociente de duas contagens sai com 18 casas; o arredondamento que vale é um só, para 6 casas, metade para cima.
participacoes as (
  select
    *,
    round(cast(clientes as decimal(20, 0)) / total_clientes, 6) as participacao
  from com_total
)

select
  cast(creditos_ativos as bigint) as creditos_ativos,
  cast(clientes as bigint) as clientes,
  cast(total_clientes as bigint) as total_clientes,
  cast(participacao as decimal(9, 6)) as participacao
from participacoes
