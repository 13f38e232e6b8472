-- Of the rows that a slot wrote to a table, how many there were and how many had no value, column by column: what later
-- slots are held against.
create table table_profile (
  run          bigint not null,
  layer        text not null,
  table_name   text not null,
  column_name  text not null,
  rows         bigint not null,
  nulls        bigint not null,
  primary key (run, layer, table_name, column_name),
  foreign key (run, layer, table_name) references table_load on delete cascade,
  check (nulls between 0 and rows)
);
