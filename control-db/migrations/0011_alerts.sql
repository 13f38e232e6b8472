-- What somebody was told of, and by which channels. An incident that goes on is one alert, however often it is found; one that
-- is over and comes again is a new one.
create table alert (
  alert      bigint generated always as identity primary key,
  kind       text not null,
  -- What it is about, such as `run 12`: with its kind the natural key of what goes on.
  subject    text not null,
  slot       timestamptz,
  summary    text not null check (length(summary) < 100),
  message    text not null,
  -- What to type next.
  command    text not null,
  opened_at  timestamptz not null default now(),
  -- Null while it goes on.
  over_at    timestamptz
);
create unique index alert_open on alert (kind, subject) where over_at is null;

-- One message to one channel. It is locked while it is sent, so that two who look at once send it once.
create table alert_delivery (
  alert       bigint not null references alert,
  channel     text not null check (channel in ('sns', 'webhook')),
  sent_at     timestamptz,
  failures    int not null default 0,
  last_error  text,
  primary key (alert, channel)
);
create index alert_delivery_unsent on alert_delivery (channel, failures, alert) where sent_at is null;
