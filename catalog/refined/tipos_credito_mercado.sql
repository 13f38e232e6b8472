-- Tipos de crédito no mercado: quantos créditos os clientes têm ou tiveram, e quanto somam, por tipo e moeda.

with creditos as (
  select
    coalesce(credit_type, 'Não informado') as tipo_credito,
    coalesce(credit_currency, 'Não informado') as moeda,
    coalesce(amt_credit_sum, 0) as valor
  from trusted.bureau
),

por_tipo as (
  select
    tipo_credito,
    moeda,
    count(*) as creditos,
    sum(valor) as valor_total
  from creditos
  group by tipo_credito, moeda
),

com_totais as (
  select
    *,
    sum(creditos) over () as creditos_de_todos,
    sum(valor_total) over (partition by moeda) as valor_da_moeda
  from por_tipo
),

-- A parte de um valor em outro, em milionésimos. Somas são longas demais para que a divisão de decimais guarde as casas
-- que decidem um empate; com a divisão inteira, (2 x parte + todo) div (2 x todo) é a parte arredondada uma só vez,
-- metade para longe do zero. O sinal fica de fora da conta e volta no fim; um todo igual a zero dá nulo.
participacoes as (
  select
    *,
    round(cast(creditos as decimal(20, 0)) / creditos_de_todos, 6) as participacao_creditos,
    (2 * 1000000 * abs(valor_total) + abs(valor_da_moeda)) div nullif(2 * abs(valor_da_moeda), 0) as milionesimos,
    if((valor_total < 0) = (valor_da_moeda < 0), 1, -1) as sinal
  from com_totais
)

select
  cast(tipo_credito as string) as tipo_credito,
  cast(moeda as string) as moeda,
  cast(creditos as bigint) as creditos,
  cast(participacao_creditos as decimal(9, 6)) as participacao_creditos,
  cast(valor_total as decimal(38, 3)) as valor_total,
  cast(sinal * milionesimos * 0.000001 as decimal(9, 6)) as participacao_valor
from participacoes
