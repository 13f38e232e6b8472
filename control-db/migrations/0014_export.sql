-- What was last exported to S3 of each table and slot. A slot whose rows changed since, as when a held file is refused or
-- the cost of a cluster becomes final, differs by its digest and is exported again.
create table control_export (
  table_name   text not null,
  slot         timestamptz not null,
  digest       text not null,
  exported_at  timestamptz not null default now(),
  primary key (table_name, slot)
);
