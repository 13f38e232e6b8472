-- A held file that a person refused for good: its outcome is 'refused' and its reason theirs; here is what it was held for.
create table file_rejection (
  file          bigint primary key references file,
  held_because  text not null,
  rejected_by   text not null,
  rejected_at   timestamptz not null default now()
);
-- A file that is held for nothing of its own, but behind a held delivery of its table: it goes on once that is settled.
alter table file add column waits boolean not null default false;
