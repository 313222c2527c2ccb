-- +goose Up
-- Sums of each agency on each platform, day by day, as the last count of the day
-- had them. A dashboard's months are made of these few rows, where the same from
-- dashboard_daily looks at each account on each day.
CREATE TABLE totals_days (
  agency     text   NOT NULL,
  platform   text   NOT NULL,
  day        int    NOT NULL, -- in WIB, counted from 1970-01-01
  counted_at bigint NOT NULL,
  expected   bigint NOT NULL,
  read       bigint NOT NULL,
  followers  bigint,
  friends    bigint,
  PRIMARY KEY (agency, platform, day)
);
CREATE INDEX totals_days_day ON totals_days (day);

CREATE VIEW dashboard_agency_daily AS
SELECT agency, platform, date(day * 86400, 'unixepoch') AS day, expected, read, followers, friends,
       strftime('%Y-%m-%dT%H:%M:%SZ', counted_at / 1000000, 'unixepoch') AS counted_at
FROM totals_days;
