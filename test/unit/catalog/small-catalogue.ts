import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A sound catalogue of two sources and one indicator, small enough to see a line's number by eye. */
const FILES: Record<string, string> = {
  'sources/loan.yaml': `name: loan
description: { pt: Empréstimos, en: Loans }
grain: { pt: Um empréstimo, en: One loan }
columns:
  - name: ID
    type: bigint
    key: true
    personal: identifier
    description: { pt: Identifica o empréstimo, en: Identifies the loan }
  - name: AMOUNT
    type: decimal(18,3)
    required: true
    personal: personal
    description: { pt: Valor do empréstimo, en: Amount of the loan }
  - name: NOTE
    type: string
    personal: none
    description: { pt: Observação livre, en: Remark in free words }
`,
  'sources/Payment.yaml': `name: Payment
description: { pt: Pagamentos, en: Payments }
grain: { pt: Um pagamento, en: One payment }
parent:
  sources: [loan]
  columns: [ID]
like: loan
without: [NOTE]
required: []
`,
  'trusted/loan.yaml': `name: loan
source: loan
description: Empréstimos
bad_row_threshold: 0.01
on_held_delivery: proceed
`,
  'trusted/payment.yaml': `name: payment
source: Payment
description: Pagamentos
buckets: 8
bad_row_threshold: 0.05
on_held_delivery: wait
`,
  'refined/total.yaml': `name: total
title: Total
description: Soma dos empréstimos
purpose: Saber quanto se emprestou
grain: Uma linha
owner: Crédito
key: []
columns:
  - name: valor_total
    type: decimal(38,3)
    nullable: false
    unit: reais
    description: Soma dos valores
assumptions: []
construction: [Somam-se os valores]
checks:
  - check: range
    name: not_negative
    description: A soma não é negativa
    columns: [valor_total]
    min: 0
`,
  'refined/total.sql': `with soma as (
  select sum(amount) as valor from trusted.loan
)
select cast(coalesce(valor, 0) as decimal(38, 3)) as valor_total
from soma
`,
};

/**
 * Writes the small catalogue into a folder of its own, removed after the test, and gives the folder. `change` gets the
 * files by name and alters them: a text replaced, a file added or deleted.
 */
export function smallCatalogue(change: (files: Record<string, string>) => void = () => {}): string {
  const files = { ...FILES };
  change(files);
  const parent = mkdtempSync(join(tmpdir(), 'catalogue-'));
  onTestFinished(() => rmSync(parent, { recursive: true }));
  const dir = join(parent, 'catalog');
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), text);
  }
  return dir;
}

/** A change for `smallCatalogue`: in one file one text for another, which must be there. */
export function replacing(file: string, text: string, by: string): (files: Record<string, string>) => void {
  return (files) => {
    if (!files[file]?.includes(text)) throw new Error(`${file} does not hold ${text}`);
    files[file] = files[file].replace(text, by);
  };
}
