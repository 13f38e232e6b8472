/** `count` of the items beside the last, spread by the seed: the same seed picks the same. The last is always there. */
export function lastAndSome<T>(items: readonly T[], count: number, seed: number): T[] {
  const others = items.slice(0, -1).map((item, index) => ({ item, index, rank: mixed(seed, index) }));
  const picked = others.sort((a, b) => a.rank - b.rank).slice(0, count);
  return [...picked.sort((a, b) => a.index - b.index).map(({ item }) => item), ...items.slice(-1)];
}

/** A number that looks random and depends on both alone (the finaliser of MurmurHash3 over 32 bits). */
function mixed(seed: number, index: number): number {
  let hash = Math.imul(seed, 0x9e3779b1) ^ index;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
