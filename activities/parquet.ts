import { parquetWriteBuffer } from 'hyparquet-writer';

type SchemaElement = NonNullable<Parameters<typeof parquetWriteBuffer>[0]['schema']>[number];

export type ParquetColumn = { name: string; type: string };
type Value = string | number | boolean | Date | null | undefined;

/**
 * A Parquet file of these rows; every column may be null. Types are Glue's. Whole numbers of 64 bits and decimals come as
 * text, so that no digit is lost; a timestamp is UTC's wall clock; a date is text such as `2026-01-05`.
 * @throws RangeError for a type that is not written here, and a row without one of the columns.
 */
export function parquetFile(columns: readonly ParquetColumn[], rows: readonly Record<string, Value>[]): Uint8Array {
  const written = columns.map(({ name, type }) => ({ name, ...formOf(type) }));
  const schema: SchemaElement[] = [
    { name: 'root', num_children: columns.length },
    ...written.map(({ name, element }): SchemaElement => ({ name, repetition_type: 'OPTIONAL', ...element })),
  ];
  const columnData = written.map(({ name, value }) => ({
    name,
    data: rows.map(({ [name]: item }) => {
      if (item === undefined) throw new RangeError(`a row lacks the column ${name}`);
      return item === null ? null : value(item);
    }),
  }));
  return new Uint8Array(parquetWriteBuffer({ schema, columnData, createdBy: 'podlake' }));
}

type Form = { element: Omit<SchemaElement, 'name'>; value: (item: NonNullable<Value>) => unknown };

const FORMS: Record<string, Form> = {
  string: { element: { type: 'BYTE_ARRAY', converted_type: 'UTF8' }, value: String },
  int: { element: { type: 'INT32' }, value: Number },
  bigint: { element: { type: 'INT64' }, value: (item) => BigInt(String(item)) },
  double: { element: { type: 'DOUBLE' }, value: Number },
  boolean: { element: { type: 'BOOLEAN' }, value: (item) => item },
  date: { element: { type: 'INT32', converted_type: 'DATE' }, value: (item) => new Date(`${item}T00:00:00Z`) },
  timestamp: {
    element: { type: 'INT64', logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: false, unit: 'MICROS' } },
    value: (item) => item,
  },
};

function formOf(type: string): Form {
  const form = FORMS[type] ?? decimalForm(type);
  if (!form) throw new RangeError(`a column of type ${type} is not written to Parquet here`);
  return form;
}

function decimalForm(type: string): Form | null {
  const [, precision, scale] = /^decimal\((\d+),(\d+)\)$/.exec(type)?.map(Number) ?? [];
  if (precision === undefined || scale === undefined) return null;
  return {
    element: { type: 'FIXED_LEN_BYTE_ARRAY', type_length: 16, converted_type: 'DECIMAL', precision, scale },
    value: (item) => unscaled(String(item), scale),
  };
}

/** `-1.5` of scale 3 is -1500; digits beyond the scale are rounded half away from zero. */
function unscaled(text: string, scale: number): bigint {
  const [, sign, whole = '', fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  if (sign === undefined) throw new RangeError(`"${text}" is not a decimal number`);
  const digits = fraction.padEnd(scale + 1, '0');
  const up = Number(digits[scale]) >= 5 ? 1n : 0n;
  const size = BigInt(whole + digits.slice(0, scale)) + up;
  return sign ? -size : size;
}
