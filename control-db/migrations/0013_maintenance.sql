-- What maintenance did and when, with the grant under which it wrote tables; of a sweep that found nothing to write no grant.
create table maintenance (
  maintenance  bigint generated always as identity primary key,
  workflow_id  text not null,
  run_id       text not null,
  tasks        text[] not null,
  lake_grant   bigint references lake_grant,
  opened_at    timestamptz not null default now(),
  closed_at    timestamptz,
  message      text,
  unique (workflow_id, run_id)
);

-- The tables that were written anew in fewer files: the same rows at another snapshot.
create table compaction (
  maintenance    bigint not null references maintenance,
  table_name     text not null,
  snapshot_from  bigint not null,
  snapshot_to    bigint not null,
  rows           bigint not null,
  files_before   int not null,
  files_after    int not null,
  primary key (maintenance, table_name)
);

-- Slots whose tags and snapshots are no longer kept: nothing may be read as of them.
create table expired_slot (
  slot        timestamptz primary key,
  expired_at  timestamptz not null default now()
);

-- As before, without the clusters of maintenance, which belong to no run either.
create or replace view run_cost as
select cluster.run,
       sum(cost.usd) as usd,
       sum(cost.hours) as instance_hours,
       -- Hours without a price: the dollars are too few by these.
       sum(cost.hours) filter (where cost.usd is null) as unpriced_hours,
       bool_and(cluster.cost_complete_at is not null) as complete
from emr_cluster cluster
join emr_instance_cost cost using (cluster_id)
where cluster.purpose not in ('rebuild', 'maintenance')
group by cluster.run;
