import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import type { YamlPath } from './types.ts';

export type SchemaName = 'source' | 'trusted' | 'refined' | 'external-data';

export interface SchemaFault {
  path: YamlPath;
  message: string;
}

// Verbose errors carry the part of the schema that was not met.
const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true, verbose: true });

/** What in `data` does not fit catalog/schema/<name>.schema.json; nothing when it fits. */
export function schemaFaults(name: SchemaName, data: unknown): SchemaFault[] {
  if (!ajv.getSchema('podlake:checks')) ajv.addSchema(readSchema('checks'));
  const validate = ajv.getSchema(`podlake:${name}`) ?? ajv.compile(readSchema(name));
  if (validate(data)) return [];
  const errors = validate.errors ?? [];
  return errors.filter((error) => !isEcho(error)).map((error) => ({ path: pathOf(error), message: sentence(error) }));
}

function readSchema(name: SchemaName | 'checks'): object {
  return JSON.parse(readFileSync(join(import.meta.dirname, 'schema', `${name}.schema.json`), 'utf8'));
}

// `oneOf` and `anyOf` repeat each of their branches as an error of its own; the one sentence about them says it all.
// `if` only says that its `then` has said something.
function isEcho(error: ErrorObject): boolean {
  return /\/(one|any)Of\//.test(error.schemaPath) || error.keyword === 'if';
}

function pathOf(error: ErrorObject): YamlPath {
  const steps = error.instancePath
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((step) => (/^\d+$/.test(step) ? Number(step) : step));
  const extra = error.keyword === 'additionalProperties' ? error.params.additionalProperty : undefined;
  return extra === undefined ? steps : [...steps, extra];
}

function sentence(error: ErrorObject): string {
  const field = error.instancePath.split('/').at(-1);
  const what = field === '' || field === undefined || /^\d+$/.test(field) ? 'this' : field;
  switch (error.keyword) {
    case 'required':
      return `${error.params.missingProperty} is missing: add it`;
    case 'additionalProperties':
      return `unknown field ${error.params.additionalProperty}: remove it or mend its spelling`;
    case 'enum':
      return `${what} must be one of ${error.params.allowedValues.join(', ')}`;
    case 'const':
      return `${what} may only be ${error.params.allowedValue}: remove the line to say the opposite`;
    case 'oneOf':
      return 'a source has either its own columns or `like` another: give one of the two';
    case 'anyOf':
      return `one of ${alternatives(error).join(', ')} is missing: add it`;
    case 'dependentRequired':
      return `${error.params.property} only has a meaning beside ${error.params.missingProperty}: add that or remove this`;
    case 'pattern':
      return `${what} must match ${error.params.pattern}`;
    default:
      return `${what} ${error.message}`;
  }
}

/** The fields of which `anyOf` asks one. */
function alternatives({ schema }: ErrorObject): string[] {
  return (schema as { required: string[] }[]).flatMap(({ required }) => required);
}
