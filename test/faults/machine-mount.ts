// A file system of its own for one program and its children: small, or without extended attributes. Nobody else sees it.
import { run } from '../../infra/local/tools/command.ts';

/** `ramfs` knows no extended attributes and does not say how much is free. */
export type FileSystem = { type: 'tmpfs'; megabytes: number } | { type: 'ramfs' };

/**
 * The words to put before a command, so that it finds the file system on `folder`. Root mounts it in a mount namespace; others
 * are root in a user namespace for that, and themselves again in one within it, for Postgres refuses to run as root.
 */
export function mounted(folder: string, fileSystem: FileSystem): string[] {
  const size = fileSystem.type === 'tmpfs' ? `size=${fileSystem.megabytes}m,` : '';
  const mount = `mount -t ${fileSystem.type} -o ${size}mode=755 podlake "$0"`;
  const [uid, gid] = [process.getuid?.(), process.getgid?.()];
  return uid === 0
    ? ['unshare', '--mount', 'sh', '-c', `${mount} && exec "$@"`, folder]
    : [
        ...['unshare', '--map-root-user', '--mount', 'sh', '-c'],
        `${mount} && exec unshare --user --map-user=${uid} --map-group=${gid} "$@"`,
        folder,
      ];
}

/** @throws when this machine lets us mount nothing: the tests cannot do without, and one left out would not be missed */
export async function mustMount(folder: string): Promise<void> {
  const [file = '', ...args] = [...mounted(folder, { type: 'tmpfs', megabytes: 1 }), 'true'];
  const result = await run(file, args).catch((error: Error) => ({ code: 1, stderr: error.message }));
  if (result.code === 0) return;
  throw new Error(
    `The tests of full disks mount a file system of their own, and this machine does not let them (${result.stderr.trim()}). Install util-linux, and allow user namespaces or run the tests as root.`,
  );
}
