import type { CompiledCheck, PersonalClass } from '../types.ts';
import { list, plain, table } from './markdown.ts';

// What several pages say in the same words.

export const PERSONAL: Record<PersonalClass, string> = {
  none: 'não',
  identifier: 'identificador',
  personal: 'pessoal',
  sensitive: 'sensível',
};

/** How values of a type look to who reads them. */
export function format(type: string): string {
  const decimals = /^decimal\(\d+,(\d+)\)$/.exec(type)?.[1];
  if (decimals !== undefined) return `número com ${decimals} casas decimais`;
  return FORMATS[type] ?? type;
}

const FORMATS: Record<string, string> = {
  int: 'número inteiro',
  bigint: 'número inteiro',
  double: 'número com casas decimais (ponto flutuante)',
  string: 'texto',
  timestamp_ntz: 'data e hora em UTC, AAAA-MM-DD hh:mm:ss',
  date: 'data, AAAA-MM-DD',
};

export const yes = (value: boolean) => (value ? 'sim' : 'não');

export const percent = (share: number) => `${(share * 100).toLocaleString('pt-BR', { maximumFractionDigits: 2 })} %`;

/** Names in a sentence: `a, b e c`. */
export const listed = (names: string[]) =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} e ${names.at(-1)}`;

const WHAT_CHECKS_DO =
  'Cada execução verifica isto entre gravar e publicar. Um **erro** segura a entrega inteira e nada é publicado; um ' +
  '**aviso** é registrado na execução. A conservação das linhas e o limite de linhas ruins são verificados sempre.';

export function checks(all: CompiledCheck[]): string | null {
  if (all.length === 0) return null;
  const rows = all.map(({ description, severity }) => [plain(description), severity === 'error' ? 'erro' : 'aviso']);
  return `${WHAT_CHECKS_DO}\n\n${table(['Verificação', 'Gravidade'], rows)}`;
}

export const sentences = (texts: string[]) => (texts.length === 0 ? null : list(texts.map(plain)));

export const GENERATED = '<!-- Gerado do catálogo por "npx podlake docs": mude o catálogo, e não esta página. -->';
