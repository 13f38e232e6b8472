-- Slots that are played again, or for the first time because their delivery was held, and published at once.
create table backfill (
  backfill     bigint generated always as identity primary key,
  -- Which signal asked for it: the first execution of the queue, and the signal's number there.
  queue        text not null,
  signal       int not null,
  request      jsonb not null,
  state        text not null default 'waiting'
               check (state in ('waiting', 'playing', 'rejected', 'planned', 'published', 'unchanged', 'failed', 'cancelled')),
  message      text,
  -- What it covers: slots, tables, files that are released.
  plan         jsonb,
  asked_at     timestamptz not null default now(),
  opened_at    timestamptz,
  closed_at    timestamptz,
  unique (queue, signal),
  check ((state in ('waiting', 'playing')) = (closed_at is null))
);

-- Each slot of a backfill is a run of its own, with figures as any other; it has no grant, as it writes on a branch that
-- nobody reads. The grant is its publication's.
alter table run
  add column backfill bigint references backfill,
  alter column lake_grant drop not null,
  drop constraint run_kind_check,
  add constraint run_kind_check check (kind in ('scheduled', 'manual', 'backfill')),
  add constraint run_of_backfill check (case kind when 'backfill' then backfill is not null and lake_grant is null
                                                  else backfill is null and lake_grant is not null end);
create unique index run_backfill_slot on run (backfill, slot) where backfill is not null;

alter table publication add column backfill bigint unique references backfill;
drop index publication_slot;
create unique index publication_slot on publication (slot) where backfill is null;

-- Which runs a publication makes the ones that count for their slots: its own, or all of a backfill.
create table published_run (
  publication  bigint not null references publication,
  slot         timestamptz not null,
  run          bigint not null unique references run,
  primary key (publication, slot)
);
create index published_run_slot on published_run (slot);
insert into published_run (publication, slot, run) select publication, slot, run from publication;

-- Of each slot, layer and table the figures that count: those of the newest completed publication that has some.
create view published_load as
select distinct on (published_run.slot, table_load.layer, table_load.table_name)
       published_run.slot, published_run.publication, table_load.*
from published_run join publication using (publication) join table_load on table_load.run = published_run.run
where publication.completed_at is not null
order by published_run.slot, table_load.layer, table_load.table_name, published_run.publication desc;

-- The Parquet files of raw that count, by the same rule.
create view published_raw_file as
select published_run.slot, raw_file.*
from raw_file join published_run using (run)
where (published_run.slot, raw_file.table_name, published_run.publication) in (
  select own.slot, of_slot.table_name, max(own.publication)
  from published_run own join publication using (publication) join raw_file of_slot on of_slot.run = own.run
  where completed_at is not null group by own.slot, of_slot.table_name
);
