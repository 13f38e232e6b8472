import { defaultPayloadConverter, type RawValue, rawValueTypeInfo } from '@temporalio/common';
import { defineSignal, setHandler } from '@temporalio/workflow';

/** More arguments than anybody sends; each is taken as it came. */
const AS_THEY_CAME = Array.from({ length: 100 }, () => rawValueTypeInfo);
/** A signal's arguments go through the history and into activities, of which each takes 2 MB at most. */
const LONGEST = 20_000;

/** What stands for an argument that cannot be used at all, with the reason. */
export type Unreadable = { unreadable: string };

/**
 * Handles a signal that people may send by hand. The web UI and the CLI send whatever is typed, in any encoding: what cannot be
 * decoded would otherwise fail the workflow's task, again and again, and with it the workflow would stand still.
 */
export function onSignal(name: string, handle: (...given: unknown[]) => void): void {
  const signal = defineSignal<RawValue[]>(name, { typeInfo: { inputTypes: AS_THEY_CAME } });
  setHandler(signal, (...given) => handle(...given.map(read)));
}

function read({ payload }: RawValue): unknown {
  const bytes = payload.data?.length ?? 0;
  if (bytes > LONGEST) return unreadable(`${bytes} bytes, more than ${LONGEST}`);
  try {
    const given: unknown = defaultPayloadConverter.fromPayload(payload);
    return given instanceof Uint8Array ? unreadable('it is binary and no JSON') : given;
  } catch (error) {
    return unreadable(error instanceof Error ? error.message : String(error));
  }
}

const unreadable = (why: string): Unreadable => ({ unreadable: why });
