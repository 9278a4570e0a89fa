-- Who orders what, when, for which flight, and how it ends. More in summer and around the golden week, few at night.
CREATE TEMP TABLE moments ON COMMIT DROP AS
SELECT row_number() OVER (ORDER BY placed_at, n) AS id, placed_at FROM (
  SELECT n, current_setting('seed.until')::timestamptz - interval '1 year'
    + interval '1 day' * floor(365 * (s - 0.05 * sin(4 * pi() * s)))
    + interval '1 second' * floor(86400 * least(0.999999, (0.9 * (pg_temp.u(n, 3) + pg_temp.u(n, 4)) / 2 + 0.1 * pg_temp.u(n, 5)))) AS placed_at
  FROM generate_series(1, current_setting('seed.orders')::bigint) n, LATERAL (SELECT pg_temp.u(n, 2) AS s) chance
) unsorted;

CREATE TEMP TABLE plans ON COMMIT DROP AS
SELECT m.id, m.placed_at, d.number AS flight, d.day, d.departs_at, d.destination, d.terminal, p.id AS point, p.opens_before_minutes,
  pg_temp.u(m.id, 10) AS ends, pg_temp.u(m.id, 11) AS pays, pg_temp.u(m.id, 12) AS odd, pg_temp.u(m.id, 13) AS comes,
  current_setting('seed.until')::timestamptz AS until
FROM moments m
JOIN next_departures d ON d.place = floor((SELECT max(place) + 1 FROM next_departures) * pg_temp.u(m.id, 6) ^ 1.6)
  AND d.wanted = (m.placed_at + interval '1 day' * (1 + floor(20 * pg_temp.u(m.id, 7) ^ 2)))::date
JOIN points p ON p.terminal = d.terminal AND p.place = floor(p.there * pg_temp.u(m.id, 8));

CREATE TEMP TABLE lives ON COMMIT DROP AS
SELECT *, CASE WHEN ends < 0.08 THEN CASE WHEN placed_at > until - interval '30 minutes' THEN 'awaiting_payment' ELSE 'expired' END
    WHEN ends < 0.10 THEN 'cancelled'
    WHEN departs_at < until AND ends < 0.15 THEN 'no_show'
    WHEN departs_at < until AND ends < 0.165 THEN 'partly_collected'
    WHEN departs_at < until THEN 'collected'
    WHEN departs_at < until + interval '1 day' AND ends < 0.7 THEN 'ready'
    WHEN departs_at < until + interval '2 days' AND ends < 0.5 THEN 'packing'
    ELSE 'paid' END AS state,
  ends >= 0.08 AND (ends >= 0.10 OR ends < 0.095) AS paid,
  placed_at + interval '1 second' * (20 + floor(900 * pays ^ 3)) AS paid_at,
  departs_at - interval '1 minute' * (35 + floor((opens_before_minutes - 40) * comes)) AS collected_at
FROM plans;

CREATE TEMP TABLE wanted ON COMMIT DROP AS
SELECT l.id AS order_id, line.n AS position, g.id AS product_id, g.sku, g.name_zh, g.name_en, g.name_de, g.picture, g.price_minor,
  CASE WHEN pg_temp.u(l.id, 20 + line.n) < 0.8 THEN 1 WHEN pg_temp.u(l.id, 20 + line.n) < 0.95 THEN 2 ELSE 3 END AS quantity,
  CASE WHEN l.state IN ('no_show') OR l.state = 'cancelled' AND l.paid THEN true
       ELSE line.n = 3 AND l.paid AND (l.odd < 0.012 OR l.state = 'partly_collected') END AS goes_back
FROM lives l CROSS JOIN (VALUES (1), (2), (3)) line(n) CROSS JOIN (SELECT count(*) / 3 AS third FROM goods) t
JOIN goods g ON g.place = (line.n - 1) * t.third + floor(t.third * pg_temp.u(l.id, 30 + line.n) ^ 2);
ANALYZE lives;
ANALYZE wanted;

CREATE TEMP TABLE sums ON COMMIT DROP AS
SELECT order_id, sum(quantity * price_minor)::bigint AS total, coalesce(sum(quantity * price_minor) FILTER (WHERE goes_back), 0)::bigint AS back
FROM wanted GROUP BY order_id;
ANALYZE sums;
