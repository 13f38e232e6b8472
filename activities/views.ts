import type { TableInput } from '@aws-sdk/client-glue';
import { columnLineageText } from '../catalog/lineage/words.ts';
import type { CompiledRefined } from '../catalog/types.ts';

type ViewColumn = { name: string; type: string; description: string };

/** Columns that every indicator ends with: the job adds them to what its SQL gives. */
const SLOT_COLUMNS: ViewColumn[] = [
  { name: 'ts_referencia', type: 'timestamp', description: 'Instante do slot, em UTC' },
  { name: 'data_referencia', type: 'date', description: 'Data do slot em São Paulo' },
];

/**
 * The view by which consumers read an indicator: the rows up to the publication that is whole, however far the tables
 * behind it have moved.
 */
export function refinedView(refined: CompiledRefined): TableInput {
  const { name, title, columns } = refined;
  const all: ViewColumn[] = [...columns.map(inGluesWords), ...SLOT_COLUMNS];
  const originalSql = [
    `SELECT ${all.map((column) => column.name).join(', ')}`,
    `FROM refined.${name}_dados`,
    'WHERE ts_referencia <= (SELECT slot FROM controle.publicacao_atual)',
  ].join('\n');
  const lineage = (column: string) => ({ linhagem: columnLineageText(refined, column) });
  return viewInput({ name, schema: 'refined', description: title, originalSql, columns: all, parameters: lineage });
}

/** What a view of controle or refined is made of; `parameters` are Glue's of a column. */
type View = {
  name: string;
  schema: string;
  description: string;
  originalSql: string;
  columns: readonly ViewColumn[];
  parameters?: (column: string) => Record<string, string>;
};

/** A view as Athena itself writes it to Glue. */
export function viewInput({ name, schema, description, originalSql, columns, parameters }: View): TableInput {
  const definition = {
    originalSql,
    catalog: 'awsdatacatalog',
    schema,
    columns: columns.map((column) => ({ name: column.name, type: prestoType(column.type) })),
  };
  return {
    Name: name,
    Description: description,
    TableType: 'VIRTUAL_VIEW',
    Parameters: { presto_view: 'true', comment: 'Presto View' },
    ViewOriginalText: `/* Presto View: ${Buffer.from(JSON.stringify(definition)).toString('base64')} */`,
    ViewExpandedText: '/* Presto View */',
    StorageDescriptor: {
      SerdeInfo: {},
      Columns: columns.map((column) => ({
        Name: column.name,
        Type: column.type,
        Comment: column.description.slice(0, 255),
        ...(parameters ? { Parameters: parameters(column.name) } : {}),
      })),
    },
  };
}

/** Neither Glue nor Athena has Spark's name for a time without zone, and Athena reads Iceberg's one as `timestamp(6)`. */
function inGluesWords({ name, type, description }: ViewColumn): ViewColumn {
  return { name, type: type === 'timestamp_ntz' ? 'timestamp' : type, description };
}

const PRESTO: Record<string, string> = { string: 'varchar', int: 'integer', timestamp: 'timestamp(6)' };
const prestoType = (type: string) => PRESTO[type] ?? type;
