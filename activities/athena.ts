import {
  type AthenaClient,
  GetQueryExecutionCommand,
  GetQueryResultsCommand,
  StartQueryExecutionCommand,
  StopQueryExecutionCommand,
} from '@aws-sdk/client-athena';
import { cancellationSignal, sleep } from '@temporalio/activity';
import * as publications from '../control-db/queries/publications.ts';
import type { LakeActivities } from '../workflows/types.ts';
import type { Lake } from './context.ts';
import { heartbeat } from './heartbeat.ts';

/** Verification: the counts as a consumer sees them. It reads only, so that it may be repeated as one likes. */
export function athenaActivities(lake: Lake): Pick<LakeActivities, 'verifyPublication'> {
  return {
    async verifyPublication(id) {
      const publication = await publications.readPublication(lake.database, id);
      const slot = publication.slot.toISOString().slice(0, 19).replace('T', ' ');
      const expected = publication.tables.filter(({ rowsExpected }) => rowsExpected !== null);
      if (expected.length === 0) return { confirmed: true, differences: [] };
      const counts = expected.map(({ table }) => {
        const [, indicator] = /^refined\.(.+)_dados$/.exec(table) ?? [];
        // Of an indicator the view is counted, for that is what consumers read, and the rows of this slot alone.
        const from = indicator ? `refined.${indicator} WHERE ts_referencia = timestamp '${slot}'` : table;
        return `SELECT '${table}' AS tabela, count(*) AS linhas FROM ${from}`;
      });
      const seen = await query(lake.athena, lake.settings.athenaWorkGroup, counts.join('\nUNION ALL\n'));
      const found = new Map(seen.map(([table, rows]) => [table, Number(rows)]));
      const differences = expected
        .filter(({ table, rowsExpected }) => found.get(table) !== rowsExpected)
        .map(
          ({ table, rowsExpected }) =>
            `${table}: Athena counts ${found.get(table) ?? 'nothing'}, ${rowsExpected} rows were written`,
        );
      return { confirmed: differences.length === 0, differences };
    },
  };
}

/** Runs a query to its end and returns the rows of its first page, without the header. @throws Athena's own message. */
async function query(athena: AthenaClient, WorkGroup: string, QueryString: string): Promise<(string | undefined)[][]> {
  const { QueryExecutionId } = await athena.send(new StartQueryExecutionCommand({ QueryString, WorkGroup }));
  try {
    await untilDone(athena, QueryExecutionId);
  } catch (error) {
    if (cancellationSignal().aborted) await athena.send(new StopQueryExecutionCommand({ QueryExecutionId }));
    throw error;
  }
  const { ResultSet } = await athena.send(new GetQueryResultsCommand({ QueryExecutionId }));
  return (ResultSet?.Rows ?? []).slice(1).map(({ Data }) => (Data ?? []).map(({ VarCharValue }) => VarCharValue));
}

async function untilDone(athena: AthenaClient, QueryExecutionId: string | undefined): Promise<void> {
  for (;;) {
    const { QueryExecution } = await athena.send(new GetQueryExecutionCommand({ QueryExecutionId }));
    const { State, StateChangeReason } = QueryExecution?.Status ?? {};
    if (State === 'SUCCEEDED') return;
    if (State === 'FAILED' || State === 'CANCELLED') throw new Error(`Athena: ${StateChangeReason ?? State}`);
    heartbeat({ QueryExecutionId, State });
    await sleep(500);
  }
}
