-- What each layer did, table by table. A row that does not balance is kept, unmarked, as evidence.
create table layer_load (
  run         bigint not null references run,
  layer       text not null check (layer in ('raw', 'trusted', 'refined', 'publish')),
  cluster_id  text,
  step_id     text,
  started_at  timestamptz not null,
  ended_at    timestamptz not null,
  metrics_uri text not null,
  primary key (run, layer)
);

create table table_load (
  run            bigint not null,
  layer          text not null,
  table_name     text not null,
  seconds        numeric(12, 3) not null,
  bytes          bigint,
  records        bigint,
  rows_raw       bigint,
  unreadable     bigint,
  inserted       bigint,
  updated        bigint,
  unchanged      bigint,
  superseded     bigint,
  conflicting    bigint,
  quarantined    bigint,
  erased         bigint,
  rows_written   bigint,
  total_rows     bigint,
  snapshot_from  bigint,
  snapshot_to    bigint,
  conserved      boolean not null,
  primary key (run, layer, table_name),
  foreign key (run, layer) references layer_load,
  constraint raw_is_conserved check (
    not (conserved and layer = 'raw') or coalesce(records = rows_raw + unreadable, false)
  ),
  constraint trusted_is_conserved check (
    not (conserved and layer = 'trusted')
    or coalesce(rows_raw = inserted + updated + unchanged + superseded + quarantined + erased, false)
  )
);

-- The Parquet files that an attempt wrote to raw: raw exists once they are recorded here, and later steps read this list.
create table raw_file (
  run         bigint not null,
  layer       text not null default 'raw' check (layer = 'raw'),
  table_name  text not null,
  uri         text not null,
  bytes       bigint not null,
  primary key (run, uri),
  foreign key (run, layer) references layer_load (run, layer)
);

create table audit_result (
  run         bigint not null,
  layer       text not null,
  table_name  text not null,
  audit       text not null,
  severity    text not null check (severity in ('warn', 'error')),
  value       double precision,
  limit_value double precision,
  passed      boolean not null,
  examples    text[] not null default '{}',
  primary key (run, layer, table_name, audit),
  foreign key (run, layer) references layer_load
);
