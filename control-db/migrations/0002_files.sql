-- The ledger: every file ever seen in landing, once, with its outcome.
create table file (
  file           bigint generated always as identity primary key,
  landing_key    text not null,
  -- What tells two files of one key apart: the version id, else ETag and LastModified.
  identity       text not null,
  arrived_at     timestamptz not null,
  bytes          bigint not null,
  etag           text not null,
  outcome        text not null default 'claimed'
                 check (outcome in ('claimed', 'accepted', 'refused', 'document', 'held', 'given_back')),
  reason         text,
  notes          text[] not null default '{}',
  source_table   text,
  run            bigint not null references run,
  transient_uri  text,
  columns        text[],
  compression    text check (compression in ('none', 'gzip')),
  records        bigint,
  rows_raw       bigint,
  unreadable     bigint,
  conserved      boolean not null default false,
  seen_at        timestamptz not null default now(),
  removed_at     timestamptz,
  unique (landing_key, identity),
  check (outcome <> 'refused' or reason is not null),
  check (outcome <> 'accepted' or (source_table is not null and transient_uri is not null)),
  -- Every record of an accepted file is a row of raw or an unreadable line.
  constraint records_are_conserved check (not conserved or coalesce(records = rows_raw + unreadable, false))
);
create index file_run on file (run);
