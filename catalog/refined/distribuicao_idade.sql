-- Distribuição de idade: quantos clientes há em cada faixa etária, e quantos deles são inadimplentes.

with faixas as (
  select *
  from (
    values
      ('18-24', 1),
      ('25-34', 2),
      ('35-44', 3),
      ('45-54', 4),
      ('55-64', 5),
      ('65+', 6),
      ('Não informado', 7)
  ) as faixas (faixa_etaria, ordem)
),

-- Quem está em train e em test é um cliente só, com os dados de train.
clientes as (
  select
    target,
    -cast(days_birth as bigint) as dias_de_vida
  from trusted.application_train
  union all
  select
    cast(null as int) as target,
    -cast(days_birth as bigint) as dias_de_vida
  from trusted.application_test as test
  where not exists (select 1 from trusted.application_train as train where train.sk_id_curr = test.sk_id_curr)
),

-- A idade é o piso de dias / 365,25. Com os dois lados vezes 4 não é preciso dividir: tem ao menos n anos quem tem
-- 4 x dias >= 1461 x n. Assim 9131 dias são 24 anos, e 9132 são 25.
com_faixa as (
  select
    target,
    case
      when 4 * dias_de_vida >= 1461 * 65 then '65+'
      when 4 * dias_de_vida >= 1461 * 55 then '55-64'
      when 4 * dias_de_vida >= 1461 * 45 then '45-54'
      when 4 * dias_de_vida >= 1461 * 35 then '35-44'
      when 4 * dias_de_vida >= 1461 * 25 then '25-34'
      when 4 * dias_de_vida >= 1461 * 18 then '18-24'
      else 'Não informado'
    end as faixa_etaria
  from clientes
),

por_faixa as (
  select
    faixa_etaria,
    count(*) as clientes,
    count_if(target in (0, 1)) as clientes_com_desfecho,
    count_if(target = 1) as inadimplentes
  from com_faixa
  group by faixa_etaria
),

-- As seis faixas sempre aparecem; Não informado, só quando há alguém nela.
todas_as_faixas as (
  select
    faixa_etaria,
    ordem,
    coalesce(clientes, 0) as clientes,
    coalesce(clientes_com_desfecho, 0) as clientes_com_desfecho,
    coalesce(inadimplentes, 0) as inadimplentes
  from faixas
  left join por_faixa using (faixa_etaria)
  where ordem <= 6 or clientes > 0
),

com_total as (
  select
    *,
    sum(clientes) over () as total_clientes
  from todas_as_faixas
),

-- O quociente de duas contagens sai com 18 casas; o arredondamento que vale é um só, para 6 casas, metade para cima.
taxas as (
  select
    *,
    round(cast(clientes as decimal(20, 0)) / nullif(total_clientes, 0), 6) as participacao,
    round(cast(inadimplentes as decimal(20, 0)) / nullif(clientes_com_desfecho, 0), 6) as taxa_inadimplencia
  from com_total
)

select
  cast(faixa_etaria as string) as faixa_etaria,
  cast(ordem as int) as ordem,
  cast(clientes as bigint) as clientes,
  cast(total_clientes as bigint) as total_clientes,
  cast(participacao as decimal(9, 6)) as participacao,
  cast(clientes_com_desfecho as bigint) as clientes_com_desfecho,
  cast(inadimplentes as bigint) as inadimplentes,
  cast(taxa_inadimplencia as decimal(9, 6)) as taxa_inadimplencia
from taxas
