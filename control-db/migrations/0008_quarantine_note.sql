-- What a person found out about a row in quarantine, which is settled by it. The table of those rows itself is on S3.
create table quarantine_note (
  file      bigint not null references file,
  -- On which the record begins, as an editor counts; the header's is the first.
  line      bigint not null check (line > 1),
  note      text not null check (note <> ''),
  noted_by  text not null,
  noted_at  timestamptz not null default now(),
  primary key (file, line)
);
