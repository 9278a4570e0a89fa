-- Chance that is the same every time: a number in [0, 1) for the n-th order and the k-th question about it.
CREATE FUNCTION pg_temp.u(n bigint, k bigint) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT (hashint8extended(n * 64 + k, current_setting('seed.seed')::bigint) & 1125899906842623) / 1125899906842624.0 $$;

-- Nine of the 29 letters that names are made of; the n-th differs from every other one up to 9 million.
CREATE FUNCTION pg_temp.spelled(n bigint) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT substr('23456789ABCDEFGHJKMNPQRSTUVWX', 1 + (x % 29)::int, 1) ||
     substr('23456789ABCDEFGHJKMNPQRSTUVWX', 1 + (x / 29 % 29)::int, 1) ||
     substr('23456789ABCDEFGHJKMNPQRSTUVWX', 1 + (x / 841 % 29)::int, 1) ||
     substr('23456789ABCDEFGHJKMNPQRSTUVWX', 1 + (x / 24389 % 29)::int, 1) ||
     substr('23456789ABCDEFGHJKMNPQRSTUVWX', 1 + (x / 707281 % 29)::int, 1) ||
     substr('23456789ABCDEFGHJKMNPQRSTUVWX', 1 + (x / 20511149 % 29)::int, 1) ||
     substr('23456789ABCDEFGHJKMNPQRSTUVWX', 1 + (x / 594823321 % 29)::int, 1) ||
     substr('23456789ABCDEFGHJKMNPQRSTUVWX', 1 + (x / 17249876309 % 29)::int, 1) ||
     substr('23456789ABCDEFGHJKMNPQRSTUVWX', 1 + (x / 500246412961 % 29)::int, 1)
   FROM (SELECT (n + 1000) * 848838421967 % 14507145975869 AS x) mixed $$;

-- What leaves when: every departure of the timetable from the first order to three weeks after the last, and the departure
-- that somebody takes who wants this flight on that day or soon after.
CREATE TEMP TABLE departures ON COMMIT DROP AS
SELECT f.place, f.number, f.destination, f.terminal, day::date AS day,
  (day::date + f.departs) AT TIME ZONE 'Europe/Berlin' AS departs_at
FROM (SELECT *, row_number() OVER (ORDER BY number) - 1 AS place FROM flights WHERE origin = 'FRA') f,
  generate_series(current_setting('seed.until')::date - 365, current_setting('seed.until')::date + 30, interval '1 day') day
WHERE position(extract(isodow FROM day)::text IN f.weekdays) > 0;
CREATE INDEX ON departures (place, day);
ANALYZE departures;

CREATE TEMP TABLE next_departures ON COMMIT DROP AS
SELECT f.place, wanted.day::date AS wanted, taken.* FROM (SELECT DISTINCT place FROM departures) f,
  generate_series(current_setting('seed.until')::date - 365, current_setting('seed.until')::date + 22, interval '1 day') wanted(day),
  LATERAL (SELECT number, destination, terminal, d.day, departs_at FROM departures d
           WHERE d.place = f.place AND d.day >= wanted.day ORDER BY d.day LIMIT 1) taken;
CREATE UNIQUE INDEX ON next_departures (place, wanted);
ANALYZE next_departures;

CREATE TEMP TABLE goods ON COMMIT DROP AS
SELECT row_number() OVER (ORDER BY rank, id) - 1 AS place, * FROM products WHERE active;
CREATE UNIQUE INDEX ON goods (place);
CREATE TEMP TABLE points ON COMMIT DROP AS
SELECT id, terminal, opens_before_minutes, row_number() OVER (PARTITION BY terminal ORDER BY id) - 1 AS place,
  count(*) OVER (PARTITION BY terminal) AS there FROM pickup_points WHERE active;
ANALYZE goods;
ANALYZE points;

INSERT INTO travellers (id, app_id, openid, language, first_seen_at, last_seen_at)
SELECT n, 'wxlarge', 'o' || md5(n::text || current_setting('seed.seed')), CASE WHEN pg_temp.u(n, 1) < 0.9 THEN 'zh' ELSE 'en' END,
  current_setting('seed.until')::timestamptz - interval '1 year', current_setting('seed.until')::timestamptz
FROM generate_series(1, greatest(1, current_setting('seed.orders')::bigint / 3)) n;

INSERT INTO devices (name, kind, token_hash, pickup_point_id, created_at)
SELECT 'Tablet ' || n || ' ' || p.code, 'counter', md5(p.code || n) || md5(n || p.code), p.id,
  current_setting('seed.until')::timestamptz - interval '1 year'
FROM pickup_points p, generate_series(1, 2) n ORDER BY p.id, n;
CREATE TEMP TABLE counters ON COMMIT DROP AS
SELECT id, pickup_point_id AS point, row_number() OVER (PARTITION BY pickup_point_id ORDER BY id) - 1 AS place FROM devices
WHERE pickup_point_id IS NOT NULL AND kind = 'counter';
ANALYZE counters;
