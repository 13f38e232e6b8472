-- The moments at which consumers see new data. A plan that is here is only ever completed.
create table publication (
  publication   bigint generated always as identity primary key,
  run           bigint not null unique references run,
  slot          timestamptz not null,
  lake_grant    bigint not null references lake_grant,
  planned_at    timestamptz not null default now(),
  completed_at  timestamptz,
  confirmed_at  timestamptz
);
-- One publication at a time, and one a slot.
create unique index publication_open on publication ((true)) where completed_at is null;
create unique index publication_slot on publication (slot);

create table publication_table (
  publication    bigint not null references publication,
  table_name     text not null,
  snapshot_from  bigint,
  snapshot_to    bigint not null,
  rows_expected  bigint,
  moved_at       timestamptz,
  primary key (publication, table_name)
);
