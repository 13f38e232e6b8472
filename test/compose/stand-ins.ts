// Programs that official images hold and a machine may lack. They take the documented options of the real ones and no others.
import { parseArgs } from 'node:util';
import pg from 'pg';

const [program, ...args] = process.argv.slice(2);
const text = { type: 'string' } as const;

const PROGRAMS: Record<string, () => Promise<boolean>> = {
  /** BusyBox's, as Alpine has it. */
  async wget() {
    const options = { q: { type: 'boolean', short: 'q' }, O: { ...text, short: 'O' } } as const;
    const { positionals } = parseArgs({ args, options, allowPositionals: true });
    return (await fetch(positionals[0] ?? '')).ok;
  },
  /** Postgres's: whether a server accepts connections, whoever asks. */
  async pg_isready() {
    const options = {
      dbname: { ...text, short: 'd' },
      host: { ...text, short: 'h' },
      port: { ...text, short: 'p' },
      username: { ...text, short: 'U' },
    };
    const { values } = parseArgs({ args, options });
    const { dbname: database, host, port, username: user } = values;
    const client = new pg.Client({ database, host, port: Number(port), user, connectionTimeoutMillis: 3_000 });
    const refusal = await client.connect().then(
      () => client.end(),
      (error: Error & { code?: string }) => error.code ?? error.message,
    );
    // A server that asks for a password, or knows no such database, is one that answers.
    return refusal === undefined || /^(28|3D)|password/i.test(refusal);
  },
};

const found = PROGRAMS[program ?? ''];
if (!found) throw new Error(`there is no stand-in for ${program}`);
// A connection that was refused may stay open.
process.exit((await found()) ? 0 : 1);
