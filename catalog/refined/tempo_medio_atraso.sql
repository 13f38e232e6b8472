-- Tempo médio de atraso: quantas parcelas foram pagas depois do vencimento, e com quantos dias de atraso.

with grupos as (
  select *
  from (
    values
      ('Inadimplentes', 1, 1),
      ('Adimplentes', 2, 0),
      ('Todos', 3, null)
  ) as grupos (grupo, ordem, desfecho)
),

-- Uma parcela pode ter vários pagamentos: vale o último. Sem nenhum dia de pagamento, a parcela não foi paga.
parcelas as (
  select
    max(sk_id_curr) as sk_id_curr,
    max(days_entry_payment) as dia_do_pagamento,
    max(days_instalment) as dia_do_vencimento
  from trusted.installments_payments
  group by sk_id_prev, num_instalment_version, num_instalment_number
),

com_atraso as (
  select
    sk_id_curr,
    dia_do_pagamento is not null as paga,
    case when dia_do_pagamento > dia_do_vencimento then dia_do_pagamento - dia_do_vencimento end as dias_de_atraso
  from parcelas
),

-- Quantas parcelas há de cada desfecho e atraso. São poucas linhas, e tudo o mais se conta sobre elas.
contagens as (
  select
    target,
    paga,
    dias_de_atraso,
    count(*) as parcelas
  from com_atraso
  left join trusted.application_train using (sk_id_curr)
  group by target, paga, dias_de_atraso
),

-- Todos recebe também as parcelas de quem não tem desfecho.
por_grupo as (
  select
    grupo,
    ordem,
    paga,
    dias_de_atraso,
    coalesce(parcelas, 0) as parcelas,
    case when dias_de_atraso > 0 then parcelas else 0 end as atrasadas
  from grupos
  left join contagens on grupos.desfecho is null or grupos.desfecho = contagens.target
),

-- Para cada atraso que ocorre: quantas parcelas atrasadas do grupo têm esse atraso ou um menor.
acumulado as (
  select
    *,
    sum(atrasadas) over (partition by grupo order by dias_de_atraso) as ate_este_atraso,
    sum(atrasadas) over (partition by grupo) as no_grupo
  from por_grupo
),

-- A mediana exata: o primeiro atraso que alcança a metade do grupo e o primeiro que passa dela. São um só quando o
-- número de parcelas atrasadas é ímpar, e os dois do meio quando é par.
totais as (
  select
    grupo,
    ordem,
    sum(parcelas) as parcelas,
    sum(case when paga then parcelas else 0 end) as parcelas_pagas,
    sum(case when not paga then parcelas else 0 end) as parcelas_nao_pagas,
    sum(atrasadas) as parcelas_atrasadas,
    coalesce(sum(dias_de_atraso * parcelas), 0) as soma_dias_atraso,
    (
      min(dias_de_atraso) filter (where 2 * ate_este_atraso >= no_grupo)
      + min(dias_de_atraso) filter (where 2 * ate_este_atraso > no_grupo)
    ) * 0.5 as atraso_mediano
  from acumulado
  group by grupo, ordem
),

-- O quociente de dois inteiros sai com 18 casas; o arredondamento que vale é um só, para 2 casas, metade para cima.
medias as (
  select
    *,
    round(cast(soma_dias_atraso as decimal(20, 0)) / nullif(parcelas_atrasadas, 0), 2) as atraso_medio
  from totais
)

select
  cast(grupo as string) as grupo,
  cast(ordem as int) as ordem,
  cast(parcelas as bigint) as parcelas,
  cast(parcelas_pagas as bigint) as parcelas_pagas,
  cast(parcelas_nao_pagas as bigint) as parcelas_nao_pagas,
  cast(parcelas_atrasadas as bigint) as parcelas_atrasadas,
  cast(soma_dias_atraso as bigint) as soma_dias_atraso,
  cast(atraso_medio as decimal(9, 2)) as atraso_medio_dias,
  cast(atraso_mediano as decimal(9, 2)) as atraso_mediano_dias
from medias
