import { decimal, divided, rate, type Typed, unitsOf } from './model-values.ts';

/** The indicators, written from their definitions alone, over all rows of trusted as they are after a slot. */

export type ModelRow = Record<string, Typed>;
export type Published = { instant: Date; rate: string | null };
type Trusted = Record<'application_train' | 'bureau_balance' | 'installments_payments', ModelRow[]>;

export function indicators(trusted: Trusted, instant: Date, before: Published[]): Record<string, ModelRow[]> {
  const slot = { ts_referencia: time(instant), data_referencia: dateInSaoPaulo(instant) };
  const tables = {
    taxa_inadimplencia: [defaultRate(trusted.application_train)],
    variacao_taxa_inadimplencia: [changeOfRate(defaultRate(trusted.application_train), instant, before)],
    valor_medio_emprestimo: loanAmounts(trusted.application_train),
    inadimplencia_mensal_bureau: monthlyStates(trusted.bureau_balance),
    taxa_recuperacao: [recovery(trusted.bureau_balance)],
  };
  return Object.fromEntries(
    Object.entries(tables).map(([name, rows]) => [name, rows.map((row) => ({ ...row, ...slot }))]),
  );
}

export const time = (instant: Date) => instant.toISOString().slice(0, 19);

/** São Paulo is three hours behind UTC all the year since 2019. */
const dateInSaoPaulo = (instant: Date) => new Date(instant.getTime() - 3 * 3_600_000).toISOString().slice(0, 10);

export function defaultRate(train: ModelRow[]) {
  const defaulted = train.filter(({ target }) => target === 1).length;
  const known = train.filter(({ target }) => target !== null).length;
  return {
    inadimplentes: defaulted,
    clientes_com_desfecho: known,
    taxa_inadimplencia: rate(defaulted, known),
  };
}

function changeOfRate(now: ReturnType<typeof defaultRate>, instant: Date, before: Published[]): ModelRow {
  const monthAgo = before.filter((one) => one.instant.getTime() <= instant.getTime() - 30 * 24 * 3_600_000).at(-1);
  const last = before.at(-1);
  const points = (then: Published | undefined) =>
    now.taxa_inadimplencia === null || !then || then.rate === null
      ? null
      : decimal(unitsOf(now.taxa_inadimplencia) - unitsOf(then.rate), 4);
  return {
    ...now,
    ts_anterior: last ? time(last.instant) : null,
    taxa_anterior: last?.rate ?? null,
    variacao_anterior_pp: points(last),
    ts_30_dias: monthAgo ? time(monthAgo.instant) : null,
    taxa_30_dias: monthAgo?.rate ?? null,
    variacao_30_dias_pp: points(monthAgo),
  };
}

function loanAmounts(train: ModelRow[]): ModelRow[] {
  const types = Map.groupBy(train, (row) => String(row['name_contract_type'] ?? 'Não informado'));
  return [...types, ['Todos', train] as const].map(([type, rows]) => {
    const amounts = rows
      .flatMap(({ amt_credit }) => (amt_credit === null ? [] : [unitsOf(String(amt_credit))]))
      .sort((a, b) => (a < b ? -1 : 1));
    const count = amounts.length;
    const sum = amounts.reduce((total, amount) => total + amount, 0n);
    const middle = (amounts[(count - 1) >> 1] ?? 0n) + (amounts[count >> 1] ?? 0n);
    return {
      tipo_contrato: type,
      emprestimos: rows.length,
      emprestimos_com_valor: count,
      valor_total: decimal(sum, 3),
      valor_medio: count === 0 ? null : decimal(divided(sum, BigInt(count) * 10n), 2),
      valor_mediano: count === 0 ? null : decimal(divided(middle, 20n), 2),
    };
  });
}

function monthlyStates(balance: ModelRow[]): ModelRow[] {
  return [...Map.groupBy(balance, ({ months_balance }) => months_balance ?? null)].map(([month, rows]) => {
    const known = rows.filter(({ status }) => status !== null && status !== 'X').length;
    const late = rows.filter(({ status }) => status === '4' || status === '5').length;
    return {
      mes_relativo: month,
      creditos_com_situacao: known,
      creditos_acima_90_dias: late,
      taxa_acima_90_dias: rate(late, known),
    };
  });
}

function recovery(balance: ModelRow[]): ModelRow {
  const last = (rows: ModelRow[], states: string[]) =>
    Math.max(
      ...rows.filter(({ status }) => states.includes(String(status))).map((row) => Number(row['months_balance'])),
    );
  const credits = [...Map.groupBy(balance, ({ sk_id_bureau }) => sk_id_bureau).values()];
  const defaulted = credits.filter((rows) => Number.isFinite(last(rows, ['4', '5'])));
  const recovered = defaulted.filter((rows) => last(rows, ['0', 'C']) > last(rows, ['4', '5']));
  return {
    creditos_inadimplentes: defaulted.length,
    creditos_recuperados: recovered.length,
    taxa_recuperacao: rate(recovered.length, defaulted.length),
  };
}
