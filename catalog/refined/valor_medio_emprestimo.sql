-- Valor médio do empréstimo: quanto o banco empresta por pedido, por tipo de contrato e na carteira inteira.

with emprestimos as (
  select
    coalesce(name_contract_type, 'Não informado') as tipo_contrato,
    amt_credit as valor
  from trusted.application_train
),

-- Cada empréstimo conta no seu tipo e em Todos.
por_grupo as (
  select tipo_contrato, valor from emprestimos
  union all
  select 'Todos' as tipo_contrato, valor from emprestimos
),

-- Todos sempre aparece, mesmo sem nenhum empréstimo.
grupos as (
  select tipo_contrato from por_grupo
  union
  select 'Todos' as tipo_contrato
),

totais as (
  select
    tipo_contrato,
    count(*) as emprestimos,
    count(valor) as emprestimos_com_valor,
    sum(valor) as valor_total
  from por_grupo
  group by tipo_contrato
),

-- Para cada valor que ocorre: quantos empréstimos do grupo têm esse valor ou um menor.
acumulado as (
  select
    tipo_contrato,
    valor,
    sum(count(*)) over (partition by tipo_contrato order by valor) as ate_este_valor,
    sum(count(*)) over (partition by tipo_contrato) as no_grupo
  from por_grupo
  where valor is not null
  group by tipo_contrato, valor
),

-- A mediana exata: o primeiro valor que alcança a metade do grupo e o primeiro que passa dela. São um só valor quando
-- o número de empréstimos é ímpar, e os dois do meio quando é par.
medianas as (
  select
    tipo_contrato,
    (
      min(valor) filter (where 2 * ate_este_valor >= no_grupo)
      + min(valor) filter (where 2 * ate_este_valor > no_grupo)
    ) * 0.5 as mediana
  from acumulado
  group by tipo_contrato
)

-- A soma é dividida antes de ser alargada para decimal(38, 3): assim o quociente sai com 13 casas, e o arredondamento
-- que vale é um só, para 2 casas, metade para longe do zero.
select
  cast(tipo_contrato as string) as tipo_contrato,
  cast(coalesce(emprestimos, 0) as bigint) as emprestimos,
  cast(coalesce(emprestimos_com_valor, 0) as bigint) as emprestimos_com_valor,
  cast(coalesce(valor_total, 0) as decimal(38, 3)) as valor_total,
  cast(round(valor_total / nullif(emprestimos_com_valor, 0), 2) as decimal(18, 2)) as valor_medio,
  cast(round(mediana, 2) as decimal(18, 2)) as valor_mediano
from grupos
left join totais using (tipo_contrato)
left join medianas using (tipo_contrato)
