import { Command, InvalidArgumentError, Option } from 'commander';
import { OUTCOMES } from '../control-db/queries/ledger.ts';
import { WORKFLOW_TYPES } from '../workers/pull-histories.ts';
import { MAINTENANCE_TASKS, type MaintenanceTask } from '../workflows/types.ts';
import { alerts } from './alerts.ts';
import { askBackfill, BACKFILL_HELP, cancelBackfill, listBackfills } from './backfill.ts';
import { demo } from './demo.ts';
import { DEPLOY_HELP, deploy, deployMove, deployStatus, printVersion } from './deploy.ts';
import { docs } from './docs.ts';
import { doctor } from './doctor.ts';
import { down } from './down.ts';
import { FILES_HELP, listFiles, rejectFiles, releaseFiles, showFile } from './files.ts';
import { generate } from './generate.ts';
import { count, duration, HISTORIES_HELP, PULLED, pull, replay } from './histories.ts';
import { LINEAGE_HELP, lineage } from './lineage.ts';
import { lock } from './lock.ts';
import { MAINTENANCE_HELP, maintenance } from './maintenance.ts';
import { problemSentence } from './problems.ts';
import { listQuarantine, QUARANTINE_HELP, resolveQuarantined } from './quarantine.ts';
import { rebuild } from './rebuild.ts';
import { RUN_HELP, run } from './run.ts';
import { listRuns } from './runs.ts';
import { applyScheduleCommand, nextScheduleCommand } from './schedule.ts';
import { sql } from './sql.ts';
import { up } from './up.ts';
import { interval, WATCHDOG_HELP, watch } from './watchdog.ts';
import { work } from './worker.ts';

const stack = () => new Option('--stack <name>', 'the stack on this machine').default('default');
const json = () => new Option('--json', 'print JSON, for programs');

const program = new Command('podlake')
  .description("Pod Bank's data lake: its scheduler on Temporal, its stack for one machine, and questions to its data.")
  // A command may have options of the same name as its subcommands: what follows a subcommand's name is the subcommand's.
  .enablePositionalOptions()
  .showHelpAfterError('Try "podlake --help" or "podlake <command> --help".')
  .configureOutput({ outputError: (text, write) => write(text) });

program
  .command('up')
  .description('start the stack on this machine (S3, Glue, EMR, Athena, Postgres, Temporal and a worker) until Ctrl-C')
  .addOption(stack())
  .option('--detach', 'return once it runs')
  .option('--no-worker', 'leave the worker to someone else')
  .option('--new-ports', 'choose ports anew, when others took the old ones')
  .action(up);

program
  .command('down')
  .description('stop the stack on this machine')
  .addOption(stack())
  .option('--erase', 'delete all that it holds')
  .option('--yes', 'do not ask before deleting')
  .action(down);

program
  .command('demo')
  .description('start the stack, generate two deliveries, run both slots through the schedule, and show what came out')
  .addOption(stack())
  .option('--exit', 'end when done instead of staying up')
  .option('--scale <factor>', 'share of the real row counts', Number, 0.01)
  .option('--seed <number>', 'seed of the generated data', Number, 1)
  .action(demo);

program
  .command('worker')
  .description('run a worker until it is told to stop')
  .addOption(stack())
  .option('--build-id <id>', 'the version of its code, instead of the one that "podlake version" prints')
  .option('--deployed', 'wait for "podlake deploy" on one machine too, where else the newest worker takes over all')
  .action(work);

program
  .command('version')
  .description('the version of this code: its name on the Temporal server, from the content alone')
  .addOption(json())
  .action(printVersion);

const percentage = (text: string) => {
  if (!/^(100|\d{1,2})$/.test(text)) throw new InvalidArgumentError('A share is a whole number from 0 to 100.');
  return Number(text);
};
const deployment = program
  .command('deploy')
  .description('which version of the code plays what begins, and whose workers are still needed')
  .addHelpText('after', DEPLOY_HELP);
deployment
  .command('set', { isDefault: true })
  .description('give a version whose workers run all that begins, or a share of it')
  .addOption(stack())
  .addOption(json())
  .option('--build-id <id>', 'the version; else the one of this clone')
  .option('--ramp <percent>', 'only this share of what begins; 0 takes a share back', percentage)
  .option('--dry-run', 'only print what would change')
  .addHelpText('after', DEPLOY_HELP)
  .action(deploy);
deployment
  .command('status')
  .description('the versions, what runs on each, and what can be done about it')
  .addOption(stack())
  .addOption(json())
  .action(deployStatus);
deployment
  .command('move')
  .description('let runs whose version has no workers any more go over to the current one, which has to replay them')
  .addOption(stack())
  .addOption(json())
  .requiredOption('--from <id>', 'the version whose workers are lost')
  .option('--dry-run', 'only print which runs')
  .action(deployMove);

const schedule = program.command('schedule').description('the schedule on the Temporal server');

schedule
  .command('apply')
  .description('make the schedule what the code says, and print what changes; pause and note stay as they are')
  .addOption(stack())
  .addOption(json())
  .option('--dry-run', 'only print what would change')
  .action(applyScheduleCommand);

schedule
  .command('next')
  .description('the coming slots, and for every day without one the reason')
  .addOption(stack())
  .addOption(json())
  .option('--count <slots>', 'how many slots', Number, 20)
  .option('--from <instant>', 'list from this instant instead of now, such as 2026-11-20T09:00:00Z')
  .action(nextScheduleCommand);

program
  .command('run')
  .description('start a run now, which takes all files that have arrived, and wait for it')
  .addOption(stack())
  .addOption(json())
  .option('--no-wait', 'return once it is started')
  .option('--slot <slot>', 'take up this slot, which failed or was cancelled, such as 20260107T210000Z')
  .addOption(new Option('--layer <layer>', 'from this layer on').choices(['raw', 'trusted', 'refined']))
  .addHelpText('after', RUN_HELP)
  .action(run);

program
  .command('generate')
  .description("write the source's deliveries into landing (or a folder): all eight tables, the same for the same seed")
  .addOption(stack())
  .option('--slots <count>', 'how many deliveries', Number, 1)
  .option('--first <number>', 'the number of the first delivery; 0 is the initial load', Number, 0)
  .option('--scale <factor>', 'share of the real row counts', Number, 0.01)
  .option('--seed <number>', 'seed of the generated data', Number, 1)
  .option('--out <folder>', 'write into this folder instead of landing')
  .option('--with-faults', 'add files with faults of every kind in known numbers, and tell what has to become of each')
  .addOption(json())
  .action(generate);

program
  .command('sql <query>')
  .description('ask the data through Athena')
  .addOption(stack())
  .addOption(json())
  .option('--csv', 'print CSV')
  .action(sql);

program
  .command('runs')
  .description('the newest runs, from the control database')
  .addOption(stack())
  .addOption(json())
  .option('--limit <count>', 'how many', Number, 20)
  .action(listRuns);

program
  .command('alerts')
  .description('what people were told of, the newest first: what happened, who was told, and which command comes next')
  .addOption(stack())
  .addOption(json())
  .option('--open', 'only what goes on')
  .option('--limit <count>', 'how many', Number, 50)
  .action(alerts);

program
  .command('watchdog')
  .description('look from outside the workers whether the lake lives, and tell people when it does not')
  .addOption(stack())
  .addOption(json())
  .addOption(
    new Option('--every <time>', 'look again after this time, such as 5m, until it is stopped').argParser(interval),
  )
  .addOption(new Option('--once', 'look once (the default)').conflicts('every'))
  .addHelpText('after', WATCHDOG_HELP)
  .action(watch);

const fileNumber = (text: string) => {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('A file has a number, as the list shows.');
  return Number(text);
};
const fileNumbers = (text: string, before: number[] = []) => [...before, fileNumber(text)];
const files = program
  .command('files')
  .description('the ledger: every file that was seen in landing, what became of it, and why')
  .addHelpText('after', FILES_HELP);
files
  .command('list')
  .description('files of the ledger, the newest first')
  .addOption(stack())
  .addOption(json())
  .option('--slot <slot>', 'only files of this slot, such as 20260105T210000Z')
  .option('--table <name>', 'only files of this table')
  .addOption(new Option('--outcome <outcome>', 'only files of this outcome').choices(OUTCOMES))
  .option('--limit <count>', 'how many', Number, 50)
  .action(listFiles);
files
  .command('show')
  .description('all that the ledger knows of a file, and which command comes next')
  .argument('<number>', 'its number, as the list shows', fileNumber)
  .addOption(stack())
  .addOption(json())
  .action(showFile);
files
  .command('release')
  .description('load held files in their own slot, once the cause is mended, and play the later slots forward')
  .argument('[numbers...]', 'their numbers, as the list shows', fileNumbers)
  .addOption(stack())
  .addOption(json())
  .option('--slot <slot>', 'all that is held of this slot')
  .option('--table <name>', 'of the slot only this table')
  .requiredOption('--reason <text>', 'why, for everybody who reads of them')
  .option('--wait', 'wait for its end and tell how far it is')
  .action((numbers: number[] | undefined, options) => releaseFiles(numbers ?? [], options));
files
  .command('reject')
  .description('refuse held files for good: publications no longer lack them, and what waits behind them goes on')
  .argument('[numbers...]', 'their numbers, as the list shows', fileNumbers)
  .addOption(stack())
  .addOption(json())
  .option('--slot <slot>', 'all that is held of this slot')
  .option('--table <name>', 'of the slot only this table')
  .requiredOption('--reason <text>', 'why, for everybody who reads of them')
  .action((numbers: number[] | undefined, options) => rejectFiles(numbers ?? [], options));

program
  .command('lock')
  .description('who writes the lake, who waits for it, and since when')
  .addOption(stack())
  .addOption(json())
  .action(lock);

const quarantine = program
  .command('quarantine')
  .description('rows that entered no table: where they stand, why, and what became of them')
  .addHelpText('after', QUARANTINE_HELP);
quarantine
  .command('list')
  .description('the rows in quarantine, newest slot first')
  .addOption(stack())
  .addOption(json())
  .option('--table <name>', 'only rows of this table')
  .option('--slot <slot>', 'only rows of this slot, such as 20260105T210000Z')
  .option('--file <number>', 'only rows of this file', Number)
  .option('--open', 'only rows that nothing has settled yet')
  .option('--limit <count>', 'how many', Number, 50)
  .action(listQuarantine);
quarantine
  .command('resolve')
  .description('settle a row by a note, as when it has no key that a later row could bring')
  .addOption(stack())
  .addOption(json())
  .requiredOption('--file <number>', 'its file, as the list shows', Number)
  .requiredOption('--line <number>', 'the line on which it begins', Number)
  .requiredOption('--note <text>', 'what was found out, and what was done')
  .action(resolveQuarantined);

const backfills = program
  .command('backfill')
  .description('play past slots again, as after a rule was mended; readers see the result at once when all is done')
  .addOption(stack())
  .addOption(json())
  .option('--from <slot>', 'the first slot, such as 20260105T090000Z')
  .option('--to <slot>', 'the last slot, with --layer refined alone')
  .addOption(
    new Option(
      '--layer <layer>',
      'the first layer to compute again (raw reads the files again; trusted unless said)',
    ).choices(['raw', 'trusted', 'refined']),
  )
  .option('--tables <names...>', 'only these tables and indicators, and what is computed from them')
  .option('--reason <text>', 'why, for whoever reads the history later')
  .option('--dry-run', 'only tell what would be played')
  .option('--wait', 'wait for its end and tell how far it is')
  .addHelpText('after', BACKFILL_HELP)
  .action(askBackfill);
backfills
  .command('list')
  .description('the newest backfills, and how far the one is that is played')
  .addOption(stack())
  .addOption(json())
  .option('--limit <count>', 'how many', Number, 20)
  .action(listBackfills);
backfills
  .command('cancel')
  .description('stop a backfill that waits or is played; it leaves no trace in any table')
  .argument('[number]', 'which, as the list shows')
  .addOption(stack())
  .option('--all', 'all that wait or are played')
  .action(cancelBackfill);

const histories = program
  .command('histories')
  .description('what Temporal recorded of workflows, to try changed workflow code on before it is deployed')
  .addHelpText('after', HISTORIES_HELP);
histories
  .command('pull')
  .description('fetch the histories of workflows that run, and of those that were closed lately')
  .addOption(stack())
  .addOption(json())
  .addOption(
    new Option('--since <duration>', 'closed in this time, such as 12h, 7d or 2w')
      .argParser(duration)
      .default(duration('7d'), '7d'),
  )
  .addOption(new Option('--type <name>', 'only workflows of this type').choices(WORKFLOW_TYPES))
  .option('--limit <count>', 'how many, the newest first', count, 1000)
  .option('--output <folder>', 'write into this folder', PULLED)
  .addHelpText('after', HISTORIES_HELP)
  .action(pull);
histories
  .command('replay')
  .description('replay them with the workflow code of this clone; ends with 1 if one fails, and says at which event')
  .argument('[folder]', 'where they are', PULLED)
  .addOption(json())
  .addHelpText('after', HISTORIES_HELP)
  .action(replay);

program
  .command('rebuild')
  .description('compute what is published anew from raw, on another road than the runs did, and compare row by row')
  .addOption(stack())
  .addOption(json())
  .option('--verify', 'compare only; nothing is written')
  .option('--all', 'compute the indicators of all slots instead of the last one and three others')
  .option('--seed <number>', 'which three others', Number, 1)
  .action(rebuild);

program
  .command('maintenance')
  .description('start maintenance by hand; by schedule it comes every hour (sweep) and every week (the rest)')
  .addHelpText('after', MAINTENANCE_HELP)
  .addOption(stack())
  .addOption(json())
  .addOption(
    new Option('--task <task...>', 'what is to be done, one or several')
      .choices(MAINTENANCE_TASKS)
      .makeOptionMandatory(),
  )
  .option('--wait', 'wait for it, and tell what was done')
  .action((options: { stack: string; task: MaintenanceTask[]; wait?: boolean; json?: boolean }) =>
    maintenance({ ...options, task: MAINTENANCE_TASKS.filter((task) => options.task.includes(task)) }),
  );

program
  .command('lineage <name>')
  .description('where a column comes from and where it goes, from the source files to the indicators')
  .addOption(json())
  .addHelpText('after', LINEAGE_HELP)
  .action(lineage);

program
  .command('docs')
  .description('write the data dictionary (docs/catalogo) and the lineage of the indicators from the catalogue')
  .option('--check', 'write nothing, and fail if something is not current')
  .action(docs);

program
  .command('doctor')
  .description('what is installed, what runs, what is missing and how to mend it')
  .addOption(stack())
  .addOption(json())
  .action(doctor);

// Whoever reads our output may be gone before us, as when Ctrl-C ends both sides of a pipe or a terminal is closed: a stack
// is still stopped in order.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
  });

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = 1;
  console.error(problemSentence(error));
}
