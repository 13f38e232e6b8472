// What a room may use (the table in docs/architecture.md). A room that is not named here may use nothing of the others.
const MAY_USE = {
  workflows: [],
  activities: ['control-db', 'catalog', 'spark/contract', 'workflows/(types|failures|names|slot|search-attributes)'],
  workers: ['workflows', 'activities', 'control-db', 'catalog', 'spark'],
  cli: ['workers', 'workflows', 'catalog', 'control-db', 'infra/local'],
  catalog: [],
  'control-db': [],
  infra: ['catalog'],
  spark: [],
};

const rooms = Object.entries(MAY_USE).map(([room, others]) => ({
  name: `${room}-uses-only-its-neighbours`,
  comment: `${room} may use: ${others.join(', ') || 'no other room'}`,
  severity: 'error',
  from: { path: `^${room}/` },
  to: {
    path: `^(${Object.keys(MAY_USE).join('|')}|test)/`,
    pathNot: [`^${room}/`, ...others.map((other) => `^${other}`)],
  },
}));

module.exports = {
  forbidden: [
    ...rooms,
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'workflows-are-deterministic',
      comment: 'workflow code holds no clock, randomness, environment or I/O: only the SDK of workflows',
      severity: 'error',
      from: { path: '^workflows/' },
      to: { dependencyTypesNot: ['local', 'type-only'], pathNot: ['@temporalio/(workflow|common)'] },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: 'node_modules/.*/node_modules' },
  },
};
