-- Taxa de refinanciamento: quantos clientes tiveram um crédito prorrogado ou tomaram um empréstimo para pagar outros.

-- O que cada crédito do birô e cada pedido aprovado diz do seu cliente.
with creditos as (
  select
    sk_id_curr,
    coalesce(cnt_credit_prolong > 0, false) as prorrogado,
    false as quita_outros,
    0 as concedido
  from trusted.bureau
  union all
  select
    sk_id_curr,
    false as prorrogado,
    coalesce(name_cash_loan_purpose = 'Payments on other loans', false) as quita_outros,
    1 as concedido
  from trusted.previous_application
  where name_contract_status = 'Approved'
),

por_cliente as (
  select
    sk_id_curr,
    bool_or(prorrogado) as teve_prorrogacao,
    bool_or(quita_outros) as quitou_outros,
    sum(concedido) as concedidos,
    count_if(quita_outros) as concedidos_para_quitar
  from creditos
  group by sk_id_curr
),

-- Linhas sem cliente formam um grupo sem sk_id_curr: não é um cliente, mas seus empréstimos foram concedidos.
contagem as (
  select
    count(sk_id_curr) as clientes_com_credito,
    count(case when teve_prorrogacao then sk_id_curr end) as clientes_com_prorrogacao,
    count(case when quitou_outros then sk_id_curr end) as clientes_com_quitacao_outros,
    count(case when teve_prorrogacao or quitou_outros then sk_id_curr end) as clientes_refinanciados,
    coalesce(sum(concedidos), 0) as emprestimos_concedidos,
    coalesce(sum(concedidos_para_quitar), 0) as emprestimos_refinanciamento
  from por_cliente
),

-- O quociente de duas contagens sai com 18 casas; o arredondamento que vale é um só, para 6 casas, metade para cima.
taxas as (
  select
    *,
    round(cast(clientes_refinanciados as decimal(20, 0)) / nullif(clientes_com_credito, 0), 6) as taxa_sobre_clientes,
    round(cast(clientes_refinanciados as decimal(20, 0)) / nullif(emprestimos_concedidos, 0), 6)
      as taxa_refinanciamento,
    round(cast(emprestimos_refinanciamento as decimal(20, 0)) / nullif(emprestimos_concedidos, 0), 6)
      as taxa_sobre_emprestimos
  from contagem
)

select
  cast(clientes_com_credito as bigint) as clientes_com_credito,
  cast(clientes_com_prorrogacao as bigint) as clientes_com_prorrogacao,
  cast(clientes_com_quitacao_outros as bigint) as clientes_com_quitacao_outros,
  cast(clientes_refinanciados as bigint) as clientes_refinanciados,
  cast(taxa_sobre_clientes as decimal(9, 6)) as taxa_sobre_clientes,
  cast(emprestimos_concedidos as bigint) as emprestimos_concedidos,
  cast(taxa_refinanciamento as decimal(9, 6)) as taxa_refinanciamento,
  cast(emprestimos_refinanciamento as bigint) as emprestimos_refinanciamento,
  cast(taxa_sobre_emprestimos as decimal(9, 6)) as taxa_sobre_emprestimos
from taxas
