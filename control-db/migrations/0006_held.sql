-- What was held back when a publication was planned: readers of its numbers are told what they lack.
create table publication_held (
  publication   bigint not null references publication,
  slot          timestamptz not null,
  source_table  text not null,
  files         int not null,
  reason        text not null,
  primary key (publication, slot, source_table)
);
