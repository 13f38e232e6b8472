-- What a run's clusters cost: every instance that EMR gave them, from when until when, at the prices of that day.
alter table emr_cluster
  add column purpose          text not null default 'run',
  -- When its instances were read after all of them had ended: from then on the cost is final.
  add column cost_complete_at timestamptz;
update emr_cluster set purpose = 'rebuild' where name like 'podlake-rebuild %';
update emr_cluster set purpose = 'publish' where name like '% publish';

create table emr_instance (
  cluster_id     text not null references emr_cluster,
  instance_id    text not null,
  instance_type  text not null,
  market         text not null check (market in ('on_demand', 'spot')),
  started_at     timestamptz not null,
  -- Null while it runs.
  ended_at       timestamptz,
  -- US dollars an hour, the instance and EMR's surcharge on it, as they were when it was first seen: a price that changes
  -- later changes no cost of before. Null: the configuration has no price for this type.
  usd_hour       numeric(12, 6),
  primary key (cluster_id, instance_id),
  check (ended_at is null or ended_at >= started_at)
);

-- Per instance its billed hours (by the second, a minute at least) and dollars. What runs counts up to now; what nobody
-- saw ending ended with its cluster at the latest.
create view emr_instance_cost as
select instance.*, hours.hours, hours.hours * usd_hour as usd
from emr_instance instance
join emr_cluster cluster using (cluster_id),
lateral (
  select coalesce(instance.ended_at, cluster.ended_at, now()) - instance.started_at as lasted
) time,
lateral (select greatest(extract(epoch from time.lasted), 60) / 3600 as hours) hours;

-- What a run cost until now. A rebuild belongs to no run: it is started by a person, and compares what was published.
create view run_cost as
select cluster.run,
       sum(cost.usd) as usd,
       sum(cost.hours) as instance_hours,
       -- Hours without a price: the dollars are too few by these.
       sum(cost.hours) filter (where cost.usd is null) as unpriced_hours,
       bool_and(cluster.cost_complete_at is not null) as complete
from emr_cluster cluster
join emr_instance_cost cost using (cluster_id)
where cluster.purpose <> 'rebuild'
group by cluster.run;
