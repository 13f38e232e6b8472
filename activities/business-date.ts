const SAO_PAULO = new Intl.DateTimeFormat('en', {
  timeZone: 'America/Sao_Paulo',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
});

/** The day in São Paulo on which an instant falls, such as `2026-01-05`; a run that is begun at night may stand in UTC's next day. */
export function businessDateOf(instant: Date): string {
  const parts = Object.fromEntries(SAO_PAULO.formatToParts(instant).map(({ type, value }) => [type, value]));
  return `${parts['year']}-${parts['month']}-${parts['day']}`;
}
