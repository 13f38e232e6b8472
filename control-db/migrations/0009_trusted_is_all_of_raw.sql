-- What raw says that trusted had to read: the records and unreadable lines of the table's source in the same run. A step
-- that left rows of raw unread would otherwise balance with itself.
alter table table_load
  add column source_table      text,
  add column source_records    bigint,
  add column source_unreadable bigint;

update table_load trusted
set source_table = raw.table_name, source_records = raw.records, source_unreadable = raw.unreadable,
    conserved = trusted.conserved and coalesce(raw.records = trusted.rows_raw + raw.unreadable, false)
from table_load raw
where trusted.layer = 'trusted' and raw.layer = 'raw' and raw.run = trusted.run
  and lower(raw.table_name) = trusted.table_name;
update table_load set conserved = false where layer = 'trusted' and source_table is null;

alter table table_load add constraint trusted_is_all_of_raw check (
  not (conserved and layer = 'trusted') or coalesce(source_records = rows_raw + source_unreadable, false)
);
