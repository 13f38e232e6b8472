import {
  type AthenaClient,
  type ColumnInfo,
  GetQueryExecutionCommand,
  GetQueryResultsCommand,
  StartQueryExecutionCommand,
} from '@aws-sdk/client-athena';

export type Answer = {
  columns: { name: string; type: string }[];
  rows: (string | null)[][];
  bytesScanned: number;
  milliseconds: number;
};

/** What Athena said of a query that it could not answer. */
export class AthenaProblem extends Error {
  override readonly name = 'AthenaProblem';
}

/** Asks Athena and waits for the whole answer. @throws AthenaProblem with Athena's message when the query fails. */
export async function ask(athena: AthenaClient, workGroup: string, query: string): Promise<Answer> {
  const { QueryExecutionId } = await athena.send(
    new StartQueryExecutionCommand({ QueryString: query, WorkGroup: workGroup }),
  );
  for (let wait = 50; ; wait = Math.min(wait * 1.5, 1000)) {
    const { QueryExecution } = await athena.send(new GetQueryExecutionCommand({ QueryExecutionId }));
    const { Status, Statistics } = QueryExecution ?? {};
    if (Status?.State === 'SUCCEEDED') {
      const { columns, rows } = await wholeResult(athena, QueryExecutionId, QueryExecution?.StatementType);
      const { DataScannedInBytes: bytesScanned = 0, TotalExecutionTimeInMillis: milliseconds = 0 } = Statistics ?? {};
      return { columns, rows, bytesScanned, milliseconds };
    }
    if (Status?.State === 'FAILED' || Status?.State === 'CANCELLED') {
      throw new AthenaProblem(`Athena says: ${Status.StateChangeReason ?? Status.State}`);
    }
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

async function wholeResult(athena: AthenaClient, QueryExecutionId: string | undefined, statement: string | undefined) {
  const rows: (string | null)[][] = [];
  let info: ColumnInfo[] = [];
  let NextToken: string | undefined;
  do {
    const page = await athena.send(new GetQueryResultsCommand({ QueryExecutionId, NextToken }));
    info = page.ResultSet?.ResultSetMetadata?.ColumnInfo ?? info;
    rows.push(
      ...(page.ResultSet?.Rows ?? []).map(({ Data }) => (Data ?? []).map(({ VarCharValue }) => VarCharValue ?? null)),
    );
    NextToken = page.NextToken;
  } while (NextToken);
  const columns = info.map(({ Name, Type }) => ({ name: Name ?? '', type: Type ?? '' }));
  // Of a SELECT the first row of the first page is the header; SHOW and DESCRIBE have none.
  return { columns, rows: statement === 'DML' ? rows.slice(1) : rows };
}
