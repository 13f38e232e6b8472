import type { GetTablesCommand, GlueClient } from '@aws-sdk/client-glue';
import { GetObjectCommand, type PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';

type References = Record<string, 'branch' | 'tag'>;

/** Glue and S3 as far as they are asked for the references of Iceberg tables; what is written to S3 stays in `objects`. */
export class FakeTables {
  readonly objects = new Map<string, string>();
  private readonly tables = new Map<string, References>();

  /** `trusted.bureau` with these branches and tags beside main. */
  add(table: string, references: References): void {
    this.tables.set(table, { main: 'branch', ...references });
  }

  glue(): GlueClient {
    const send = async ({ input }: GetTablesCommand) => {
      const names = [...this.tables.keys()].filter((name) => name.startsWith(`${input.DatabaseName}.`));
      if (names.length === 0) throw Object.assign(new Error('none'), { name: 'EntityNotFoundException' });
      const view = { Name: 'taxa', Parameters: { presto_view: 'true' } };
      // One a page.
      const at = Number(input.NextToken ?? 0);
      const Name = names[at]?.split('.')[1];
      const table = { Name, Parameters: { metadata_location: `s3://lake/${names[at]}.metadata.json` } };
      return { TableList: [table, view], NextToken: at + 1 < names.length ? String(at + 1) : undefined };
    };
    return { send } as unknown as GlueClient;
  }

  s3(): S3Client {
    const send = async (command: GetObjectCommand | PutObjectCommand) => {
      const uri = `s3://${command.input.Bucket}/${command.input.Key}`;
      if (!(command instanceof GetObjectCommand)) {
        this.objects.set(uri, String(command.input.Body));
        return {};
      }
      const text = this.metadata(uri) ?? this.objects.get(uri);
      if (text === undefined) throw Object.assign(new Error('none'), { name: 'NoSuchKey' });
      return { Body: { transformToString: async () => text } };
    };
    return { send } as unknown as S3Client;
  }

  private metadata(uri: string): string | undefined {
    const references = this.tables.get(/^s3:\/\/lake\/(.+)\.metadata\.json$/.exec(uri)?.[1] ?? '');
    if (!references) return undefined;
    // A snapshot's number as Iceberg gives it: more than a number of JavaScript holds.
    const refs = Object.entries(references).map(
      ([name, type]) => `"${name}": {"snapshot-id": 5612103899383063180, "type": "${type}"}`,
    );
    return `{"refs": {${refs.join(', ')}}}`;
  }
}
