import type { SourceColumnFile, SourceFile } from './types.ts';

/**
 * The columns of a source in file order, those that it shares with `like` included. A source that is `like` another
 * says by itself which of them are required, beside the key. Throws if `like` is not a source with columns of its own.
 */
export function columnsOf(source: SourceFile, all: ReadonlyMap<string, SourceFile>): SourceColumnFile[] {
  if (source.like === undefined) return source.columns ?? [];
  const model = all.get(source.like);
  if (model?.columns === undefined)
    throw new Error(`${source.name} is like ${source.like}, which has no columns of its own`);
  const without = new Set(source.without);
  const required = new Set(source.required);
  return model.columns
    .filter((column) => !without.has(column.name))
    .map(({ required: _ofTheModel, ...column }) =>
      required.has(column.name) ? { ...column, required: true } : column,
    );
}
