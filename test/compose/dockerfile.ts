import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from './project.ts';

/** A line of a Dockerfile, with those that it was continued on. */
export type Instruction = { line: number; name: string; text: string };

export function readDockerfile(file: string): Instruction[] {
  const instructions: Instruction[] = [];
  let begun: Instruction | null = null;
  for (const [index, raw] of readFileSync(join(REPOSITORY, file), 'utf8').split('\n').entries()) {
    if (/^\s*(#|$)/.test(raw)) continue;
    const text = raw.replace(/\\\s*$/, '').trim();
    if (begun) begun.text += ` ${text}`;
    else begun = { line: index + 1, name: /^\w+/.exec(text)?.[0] ?? '', text: text.replace(/^\w+\s*/, '') };
    if (raw.trimEnd().endsWith('\\')) continue;
    instructions.push(begun);
    begun = null;
  }
  return instructions;
}

/** The stages, each beginning with its FROM. */
export function stagesOf(instructions: Instruction[]): Instruction[][] {
  const stages: Instruction[][] = [];
  for (const instruction of instructions) {
    if (instruction.name === 'FROM') stages.push([]);
    stages.at(-1)?.push(instruction);
  }
  return stages;
}

/** `FROM image AS name`; the last stage has no name. */
export function baseOf(stage: Instruction[]): { image: string; name: string } {
  const [image = '', , name = 'last'] = stage[0]?.text.split(' ') ?? [];
  return { image, name };
}

export function variablesOf(env: Instruction): Record<string, string> {
  return Object.fromEntries(env.text.split(' ').map((pair) => pair.split('=', 2) as [string, string]));
}

/** What a COPY copies, from which stage and for whom. */
export function copyOf(copy: Instruction): { from?: string; owner?: string; sources: string[]; target: string } {
  const words = copy.text.split(' ');
  const flag = (name: string) => words.find((word) => word.startsWith(`--${name}=`))?.split('=')[1];
  const paths = words.filter((word) => !word.startsWith('--'));
  if (words.some((word) => /^--(?!from=|chown=)/.test(word))) throw new Error(`COPY ${copy.text}: an unknown flag`);
  return { from: flag('from'), owner: flag('chown'), sources: paths.slice(0, -1), target: paths.at(-1) ?? '' };
}
