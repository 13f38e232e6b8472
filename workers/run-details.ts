/** What the web UI says of every run, beside where this one is: for people who see a run for the first time. */
export const RUN_SUMMARY = 'Takes the delivery of one slot from landing to published tables';

export const RUN_DETAILS = `One run takes one **delivery** of CSV files through the lake:

1. **lock**: it waits until no other run writes
2. **detect**: it finds, checks and claims the files in landing
3. **raw, trusted, refined**: one EMR step each, on a cluster of its own
4. **audits**: if one fails, nothing is published and the files are held
5. **publish**: readers see the new data, all of it or none
6. **verify**: Athena counts what readers see
7. **close**: the records of the run go to the database \`controle\`

*Current details* tell where the run is. \`npx podlake runs\` lists all runs; \`docs/operations.md\` says what to do.`;
