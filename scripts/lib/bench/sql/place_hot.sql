-- The same, but everybody wants product 1, whose row is locked first, as it is usually done.
\set t random(1, 100000)
\set a 1
\set b random(334, 666)
\set c random(667, 1000)
\set r random(1, 9000000000000000)
SELECT p.id, p.sku, p.brand, c.code, p.name_zh, p.name_en, p.name_de, p.price_minor, p.volume_ml, p.alcohol_permille, p.picture, s.available
  FROM mix.products p JOIN mix.categories c ON c.id = p.category_id JOIN mix.stock s ON s.product_id = p.id
  WHERE p.sku IN ('SKU-' || :a, 'SKU-' || :b, 'SKU-' || :c) AND p.active AND NOT c.hidden;
SELECT EXISTS (SELECT FROM mix.orders WHERE traveller_id = :t AND departs_at BETWEEN now() + interval '1 day' AND now() + interval '3 day'
  AND state IN ('awaiting_payment', 'paid', 'ready', 'collected'));
BEGIN;
UPDATE mix.stock SET available = available - 1, reserved = reserved + 1 WHERE product_id = :a AND available >= 1;
UPDATE mix.stock SET available = available - 1, reserved = reserved + 1 WHERE product_id = :b AND available >= 1;
UPDATE mix.stock SET available = available - 1, reserved = reserved + 1 WHERE product_id = :c AND available >= 1;
INSERT INTO mix.orders (number, traveller_id, state, total_minor, point, flight, departs_at, idempotency_key, wish, hold_until,
    final_destination, collect_from, collect_until, name, residence)
  VALUES ('D' || :r || '-' || :client_id, :t, 'awaiting_payment', 30000, 1, 'CA932', now() + interval '2 day', 'K' || :r || '-' || :client_id,
    'three of them', now() + interval '33 minute', 'PEK', now() + interval '44 hour', now() + interval '48 hour', 'WANG XIAOMING', 'CN')
  RETURNING id AS order_id \gset
INSERT INTO mix.order_lines (order_id, position, product_id, quantity, price_minor, sku, name_zh, name_en, name_de, picture)
  SELECT :order_id, w.position, p.id, 1, 10000, p.sku, p.name_zh, p.name_en, p.name_de, p.picture
  FROM (VALUES (1, :a::int), (2, :b::int), (3, :c::int)) w (position, id) JOIN mix.products p USING (id);
INSERT INTO mix.claims VALUES (:order_id, :a, 1, 'held'), (:order_id, :b, 1, 'held'), (:order_id, :c, 1, 'held');
INSERT INTO mix.history (order_id, what) VALUES (:order_id, 'awaiting_payment');
INSERT INTO mix.announcements (name, facts) VALUES ('orders.placed', '{"order": 1, "total": 30000}');
COMMIT;
