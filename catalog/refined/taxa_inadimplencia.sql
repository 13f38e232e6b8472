-- Taxa de inadimplência: inadimplentes sobre clientes com desfecho conhecido.

with clientes_com_desfecho as (
  select target
  from trusted.application_train
  where target in (0, 1)
),

contagem as (
  select
    count_if(target = 1) as inadimplentes,
    count(*) as clientes_com_desfecho
  from clientes_com_desfecho
),

-- O quociente de duas contagens sai com 18 casas; o arredondamento que vale é um só, para 6 casas, metade para cima.
-- Sem clientes o divisor é nulo, e a taxa também.
taxa as (
  select
    *,
    round(cast(inadimplentes as decimal(20, 0)) / nullif(clientes_com_desfecho, 0), 6) as taxa_inadimplencia
  from contagem
)

select
  cast(inadimplentes as bigint) as inadimplentes,
  cast(clientes_com_desfecho as bigint) as clientes_com_desfecho,
  cast(taxa_inadimplencia as decimal(9, 6)) as taxa_inadimplencia
from taxa
