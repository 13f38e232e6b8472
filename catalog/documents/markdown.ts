// Markdown as GitHub reads it, in the few forms that the documents use.

/** A table; what is in a cell may be Markdown, but stays on one line. */
export function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** What there is to say of one thing, name by name; the first stands in the head, as Markdown knows no table without. */
export const facts = ([first = [], ...others]: string[][]) => table(first, others);

const cell = (text: string) => text.replaceAll(/\s*\n\s*/g, ' ').replaceAll('|', '\\|');

/** Text that is no Markdown: a `_` or `*` in it stays what it is. */
export const plain = (text: string) => text.replaceAll(/(?<=^|\W)[_*](?=\w)|[<>]/g, (sign) => `\\${sign}`);

export const code = (text: string) => `\`${text}\``;

export const link = (text: string, to: string) => `[${text}](${to})`;

export const list = (items: string[]) => items.map((item) => `- ${item}`).join('\n');

export const steps = (items: string[]) => items.map((item, i) => `${i + 1}. ${item}`).join('\n');

/** A page of parts with a blank line between them; parts that are not there are left out. */
export function page(...parts: (string | null)[]): string {
  return `${parts.filter((part) => part !== null && part !== '').join('\n\n')}\n`;
}

/** A heading with what is under it, or nothing if there is nothing. */
export const section = (heading: string, ...parts: (string | null)[]) => {
  const there = parts.filter((part) => part !== null && part !== '');
  return there.length === 0 ? null : [`## ${heading}`, ...there].join('\n\n');
};
