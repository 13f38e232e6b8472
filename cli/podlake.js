#!/usr/bin/env node
// Runs the command-line tool on the Node of the lock file, whatever Node the shell found: TypeScript needs no build there.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const [major] = process.versions.node.split('.').map(Number);
const main = new URL('./main.ts', import.meta.url);

if (major >= 24) {
  await import(main.href);
} else {
  const pinned = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url));
  if (!existsSync(pinned)) {
    console.error(
      `podlake needs Node 24; this is ${process.versions.node}. Run "npm ci" first: it brings Node 24 for Linux, elsewhere install it.`,
    );
    process.exit(1);
  }
  const child = spawn(pinned, [fileURLToPath(main), ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
}
