-- An order of three products somewhere in the catalogue, statement by statement: 9 round trips.
\set t random(1, 100000)
\set a random(1, 333)
\set b random(334, 666)
\set c random(667, 1000)
\set r random(1, 9000000000000000)
BEGIN;
UPDATE mix.stock SET available = available - 1, reserved = reserved + 1 WHERE product_id = :a AND available >= 1;
UPDATE mix.stock SET available = available - 1, reserved = reserved + 1 WHERE product_id = :b AND available >= 1;
UPDATE mix.stock SET available = available - 1, reserved = reserved + 1 WHERE product_id = :c AND available >= 1;
INSERT INTO mix.orders (number, traveller_id, state, total_minor, point, flight, departs_at, code)
  VALUES ('D' || :r || '-' || :client_id, :t, 'awaiting_payment', 30000, 1, 'CA932', now() + interval '2 day', 'P' || :r || '-' || :client_id)
  RETURNING id AS order_id \gset
INSERT INTO mix.order_lines VALUES (:order_id, 1, :a, 1, 10000), (:order_id, 2, :b, 1, 10000), (:order_id, 3, :c, 1, 10000);
INSERT INTO mix.attempts (order_id, channel, out_trade_no, amount_minor, state)
  VALUES (:order_id, 'wechat', 'T' || :r || '-' || :client_id, 30000, 'created');
INSERT INTO mix.announcements (name, facts) VALUES ('orders.placed', '{"order": 1, "total": 30000}');
COMMIT;
