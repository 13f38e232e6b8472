-- The clusters and steps that runs asked EMR for.
create table emr_cluster (
  cluster_id  text primary key,
  run         bigint not null references run,
  name        text not null,
  state       text not null,
  asked_at    timestamptz not null default now(),
  ended_at    timestamptz
);

create table emr_step (
  step_id     text primary key,
  cluster_id  text not null references emr_cluster,
  layer       text not null,
  name        text not null,
  state       text not null,
  started_at  timestamptz,
  ended_at    timestamptz,
  log_uri     text
);
