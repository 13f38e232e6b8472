-- A cluster whose instances nobody has seen yet, as one that just took the place of a lost one, has a cost to come: its run's
-- is not complete.
create or replace view run_cost as
select cluster.run,
       sum(cost.usd) as usd,
       coalesce(sum(cost.hours), 0) as instance_hours,
       sum(cost.hours) filter (where cost.usd is null) as unpriced_hours,
       bool_and(cluster.cost_complete_at is not null) as complete
from emr_cluster cluster
left join emr_instance_cost cost using (cluster_id)
where cluster.purpose <> 'rebuild'
group by cluster.run;
