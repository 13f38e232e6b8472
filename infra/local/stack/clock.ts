/** Clocks of one machine drift and are corrected by less than this. */
const TOLERATED_MS = 60_000;

/** What a person should know when the clock stands before the time at which the stack was last in use; null when it does not. */
export function clockWarning(name: string, lastUsed: string | null, now = Date.now()): string | null {
  if (lastUsed === null) return null;
  const behind = Date.parse(lastUsed) - now;
  if (behind <= TOLERATED_MS) return null;
  return `The clock of this machine stands ${duration(behind)} before ${lastUsed}, when the stack "${name}" was last in use: until it is there again, runs of slots that are not newer than the last published one close as superseded, and files dated in the future wait; if the clock is wrong, set it.`;
}

function duration(milliseconds: number): string {
  const minutes = Math.round(milliseconds / 60_000);
  if (minutes < 120) return `${minutes} minutes`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} hours` : `${Math.round(hours / 24)} days`;
}
