import { Applications } from './applications.ts';
import { Bureau } from './bureau.ts';
import { BureauBalance } from './bureau-balance.ts';
import type { Table } from './columns.ts';
import { CreditCards } from './credit-cards.ts';
import type { CsvBytes } from './csv.ts';
import { Instalments } from './instalments.ts';
import type { Population, TableName } from './population.ts';
import { PosCash } from './pos-cash.ts';
import { PreviousApplications } from './previous.ts';

interface TableKind {
  /** How many rows exist as of `slot` (-1: before the first). Their indices are in order of birth. */
  total(population: Population, slot: number): number;
  open(population: Population, out: CsvBytes): Table;
}

export const TABLE_KINDS: Record<TableName, TableKind> = {
  application_train: {
    total: (population, slot) => population.trainAmong(population.clients.total(slot)),
    open: (population, out) => new Applications(population, false, out),
  },
  application_test: {
    total: (population, slot) => population.testAmong(population.clients.total(slot)),
    open: (population, out) => new Applications(population, true, out),
  },
  bureau: {
    total: (population, slot) => population.bureau.total(slot),
    open: (population, out) => new Bureau(population, out),
  },
  bureau_balance: {
    total: (population, slot) => population.months('bureau_balance').total(slot),
    open: (population, out) => new BureauBalance(population, out),
  },
  previous_application: {
    total: (population, slot) => population.previous.total(slot),
    open: (population, out) => new PreviousApplications(population, out),
  },
  POS_CASH_balance: {
    total: (population, slot) => population.months('POS_CASH_balance').total(slot),
    open: (population, out) => new PosCash(population, out),
  },
  credit_card_balance: {
    total: (population, slot) => population.months('credit_card_balance').total(slot),
    open: (population, out) => new CreditCards(population, out),
  },
  installments_payments: {
    total: (population, slot) => population.months('installments_payments').total(slot),
    open: (population, out) => new Instalments(population, out),
  },
};
