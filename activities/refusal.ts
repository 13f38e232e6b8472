import type { Refusal } from '../spark/contract/metrics.ts';

const NEXT: Record<Refusal['reason'], string> = {
  empty: 'Ask the source to send it again.',
  gzip_damaged:
    'Ask the source to compress and send it again; a file listed while it was being written looks like this too.',
  not_utf8: 'Ask the source for UTF-8 from the first line to the last.',
  nul_byte: 'Ask the source for a text file without NUL bytes.',
  line_too_long: 'Ask the source to check the line ends and the quotes.',
  line_ends: 'Ask the source for one kind of line end, LF or CRLF, in the whole file.',
  unbalanced_quote: 'Ask the source to close each quote, and to double those inside a value.',
};

/** What the ledger says of a file that raw refused: the fault that Spark found, and what to do about it. */
export function refusalSentence({ reason, message }: Refusal): string {
  const cause = message.charAt(0).toUpperCase() + message.slice(1).replace(/\.$/, '');
  return `${cause}. ${NEXT[reason]}`;
}
