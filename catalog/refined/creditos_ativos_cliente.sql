-- Créditos ativos por cliente: quantos créditos cada cliente tem no mercado, quanto deve e quanto isso é da sua renda.

-- Quem está em train e em test é um cliente só, com os dados de train.
with pedidos as (
  select
    sk_id_curr,
    amt_income_total as renda
  from trusted.application_train
  union all
  select
    sk_id_curr,
    amt_income_total as renda
  from trusted.application_test as test
  where not exists (select 1 from trusted.application_train as train where train.sk_id_curr = test.sk_id_curr)
),

-- Moedas diferentes nunca se somam: a dívida e o limite são os da moeda principal, a do pedido.
creditos as (
  select
    sk_id_curr,
    credit_active = 'Active' as ativo,
    credit_active = 'Active' and credit_currency = 'currency 1' as ativo_na_moeda,
    amt_credit_sum_debt as divida,
    amt_credit_sum_limit as limite
  from trusted.bureau
  where sk_id_curr is not null
),

por_cliente as (
  select
    sk_id_curr,
    count_if(ativo) as creditos_ativos,
    count(*) as creditos_total,
    sum(divida) filter (where ativo_na_moeda) as divida_ativa,
    sum(limite) filter (where ativo_na_moeda) as limite_ativo
  from creditos
  group by sk_id_curr
),

clientes as (
  select
    sk_id_curr as id_cliente,
    coalesce(creditos_ativos, 0) as creditos_ativos,
    coalesce(creditos_total, 0) as creditos_total,
    coalesce(divida_ativa, 0) as divida_ativa,
    coalesce(limite_ativo, 0) as limite_ativo,
    renda
  from pedidos
  full join por_cliente using (sk_id_curr)
),

-- A dívida sobre a renda, em milionésimos. A divisão de decimais guardaria casas de menos para decidir um empate; com a
-- divisão inteira, (2 x dívida + renda) div (2 x renda) é o quociente arredondado uma só vez, metade para longe do zero.
-- O sinal fica de fora da conta e volta no fim; sem renda, ou com renda zero, o resultado é nulo.
proporcoes as (
  select
    *,
    (2 * 1000000 * abs(divida_ativa) + abs(renda)) div nullif(2 * abs(renda), 0) as milionesimos,
    case when (divida_ativa < 0) = (renda < 0) then 1 else -1 end as sinal
  from clientes
)

select
  cast(id_cliente as bigint) as id_cliente,
  cast(creditos_ativos as bigint) as creditos_ativos,
  cast(creditos_total as bigint) as creditos_total,
  cast(divida_ativa as decimal(38, 3)) as divida_ativa,
  cast(limite_ativo as decimal(38, 3)) as limite_ativo,
  cast(renda as decimal(38, 3)) as renda,
  cast(sinal * milionesimos * 0.000001 as decimal(18, 6)) as divida_sobre_renda
from proporcoes
