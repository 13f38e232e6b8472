-- Who may write the lake, and what was tried for each slot.

-- A rising number given with the right to write the lake; only the newest may write.
create table lake_grant (
  lake_grant   bigint generated always as identity primary key,
  workflow_id  text not null,
  run_id       text not null,
  granted_at   timestamptz not null default now(),
  unique (workflow_id, run_id)
);

create table run (
  run          bigint generated always as identity primary key,
  slot         timestamptz not null,
  attempt      int not null,
  lake_grant   bigint not null references lake_grant,
  kind         text not null check (kind in ('scheduled', 'manual')),
  state        text not null default 'open'
               check (state in ('open', 'empty', 'superseded', 'published', 'published_with_refusals', 'published_unconfirmed', 'failed', 'cancelled')),
  message      text,
  opened_at    timestamptz not null default now(),
  closed_at    timestamptz,
  unique (slot, attempt),
  unique (lake_grant),
  check ((state = 'open') = (closed_at is null))
);
