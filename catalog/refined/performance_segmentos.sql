-- Performance por segmento: clientes, inadimplência e valor médio do empréstimo, por renda, região, ocupação e
-- escolaridade.

with faixas_de_renda as (
  select *
  from (
    values
      ('Faixa de renda', 'Até 90.000', 1),
      ('Faixa de renda', 'De 90.000 a 135.000', 2),
      ('Faixa de renda', 'De 135.000 a 180.000', 3),
      ('Faixa de renda', 'De 180.000 a 270.000', 4),
      ('Faixa de renda', 'Acima de 270.000', 5)
  ) as faixas (dimensao, segmento, ordem_da_faixa)
),

-- O fim de cada faixa pertence a ela.
clientes as (
  select
    case
      when amt_income_total <= 90000 then 'Até 90.000'
      when amt_income_total <= 135000 then 'De 90.000 a 135.000'
      when amt_income_total <= 180000 then 'De 135.000 a 180.000'
      when amt_income_total <= 270000 then 'De 180.000 a 270.000'
      when amt_income_total > 270000 then 'Acima de 270.000'
      else 'Não informado'
    end as faixa_de_renda,
    coalesce(cast(region_rating_client as string), 'Não informado') as regiao,
    coalesce(occupation_type, 'Não informado') as ocupacao,
    coalesce(name_education_type, 'Não informado') as escolaridade,
    target,
    amt_credit as valor
  from trusted.application_train
),

-- Cada cliente conta uma vez em cada dimensão; das outras três colunas a linha do grupo não sabe nada.
por_segmento as (
  select
    case
      when grouping(faixa_de_renda) = 0 then 'Faixa de renda'
      when grouping(regiao) = 0 then 'Região'
      when grouping(ocupacao) = 0 then 'Ocupação'
      else 'Escolaridade'
    end as dimensao,
    coalesce(faixa_de_renda, regiao, ocupacao, escolaridade) as segmento,
    count(*) as clientes,
    count_if(target in (0, 1)) as clientes_com_desfecho,
    count_if(target = 1) as inadimplentes,
    sum(valor) as valor_total,
    count(valor) as clientes_com_valor
  from clientes
  group by grouping sets ((faixa_de_renda), (regiao), (ocupacao), (escolaridade))
),

-- As faixas de renda sempre aparecem, e na ordem delas; o resto vai por ordem alfabética, com Não informado no fim.
todos_os_segmentos as (
  select
    dimensao,
    segmento,
    row_number() over (
      partition by dimensao
      order by ordem_da_faixa nulls last, case when segmento = 'Não informado' then 1 else 0 end, segmento
    ) as ordem,
    coalesce(clientes, 0) as clientes,
    coalesce(clientes_com_desfecho, 0) as clientes_com_desfecho,
    coalesce(inadimplentes, 0) as inadimplentes,
    valor_total,
    clientes_com_valor
  from por_segmento
  full join faixas_de_renda using (dimensao, segmento)
),

-- O quociente sai com 18 casas (13 o da soma); o arredondamento que vale é um só, metade para cima.
taxas as (
  select
    *,
    round(cast(inadimplentes as decimal(20, 0)) / nullif(clientes_com_desfecho, 0), 6) as taxa_inadimplencia,
    round(valor_total / nullif(clientes_com_valor, 0), 2) as valor_medio
  from todos_os_segmentos
)

select
  cast(dimensao as string) as dimensao,
  cast(segmento as string) as segmento,
  cast(ordem as int) as ordem,
  cast(clientes as bigint) as clientes,
  cast(clientes_com_desfecho as bigint) as clientes_com_desfecho,
  cast(inadimplentes as bigint) as inadimplentes,
  cast(taxa_inadimplencia as decimal(9, 6)) as taxa_inadimplencia,
  cast(valor_medio as decimal(18, 2)) as valor_medio_emprestimo
from taxas
