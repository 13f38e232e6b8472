-- Taxa de recuperação: dos créditos do birô que ficaram inadimplentes, quantos voltaram a estar em dia ou se encerraram.

-- Os meses contam para trás: 0 é o mais recente. O maior é, pois, o último.
with por_credito as (
  select
    sk_id_bureau,
    max(case when status in ('4', '5') then months_balance end) as ultimo_mes_inadimplente,
    max(case when status in ('0', 'C') then months_balance end) as ultimo_mes_em_dia
  from trusted.bureau_balance
  group by sk_id_bureau
),

-- Só vale um mês em dia depois da última inadimplência: quem volta a ela não está recuperado.
contagem as (
  select
    count(ultimo_mes_inadimplente) as creditos_inadimplentes,
    count_if(ultimo_mes_em_dia > ultimo_mes_inadimplente) as creditos_recuperados
  from por_credito
),

-- O quociente de duas contagens sai com 18 casas; o arredondamento que vale é um só, para 6 casas, metade para cima.
taxa as (
  select
    *,
    round(cast(creditos_recuperados as decimal(20, 0)) / nullif(creditos_inadimplentes, 0), 6) as taxa_recuperacao
  from contagem
)

select
  cast(creditos_inadimplentes as bigint) as creditos_inadimplentes,
  cast(creditos_recuperados as bigint) as creditos_recuperados,
  cast(taxa_recuperacao as decimal(9, 6)) as taxa_recuperacao
from taxa
