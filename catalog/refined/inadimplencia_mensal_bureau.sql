-- Inadimplência mensal no birô: em cada mês, quantos créditos estavam com mais de 90 dias de atraso.

-- Os estados 4 e 5 são atrasos acima de 90 dias. X é desconhecido; C, encerrado, é conhecido.
with por_mes as (
  select
    months_balance,
    count_if(status <> 'X') as creditos_com_situacao,
    count_if(status in ('4', '5')) as creditos_acima_90_dias
  from trusted.bureau_balance
  group by months_balance
),

-- O quociente de duas contagens sai com 18 casas; o arredondamento que vale é um só, para 6 casas, metade para cima.
taxas as (
  select
    *,
    round(cast(creditos_acima_90_dias as decimal(20, 0)) / nullif(creditos_com_situacao, 0), 6)
      as taxa_acima_90_dias
  from por_mes
)

select
  cast(months_balance as int) as mes_relativo,
  cast(creditos_com_situacao as bigint) as creditos_com_situacao,
  cast(creditos_acima_90_dias as bigint) as creditos_acima_90_dias,
  cast(taxa_acima_90_dias as decimal(9, 6)) as taxa_acima_90_dias
from taxas
