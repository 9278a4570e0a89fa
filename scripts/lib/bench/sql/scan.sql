-- A hand-over with every check, statement by statement: 11 round trips. The code is the prize; the three pieces leave the stock,
-- the parcel its slot; order, history, audit with its answers and announcement are written.
SELECT nextval('mix.next_parcel') AS n \gset
SELECT o.id, o.state, o.point, p.slot, r.asks_boarding_pass, r.asks_age, r.asks_sealed_bag, r.asks_identity
  FROM mix.orders o JOIN mix.parcels p ON p.order_id = o.id JOIN mix.rules r ON r.point = o.point WHERE o.code = 'R' || :n;
SELECT l.position, l.product_id, l.quantity FROM mix.orders o JOIN mix.order_lines l ON l.order_id = o.id
  WHERE o.code = 'R' || :n ORDER BY l.position;
BEGIN;
UPDATE mix.orders SET state = 'collected', collected_at = now(), collected_by = 7 WHERE code = 'R' || :n AND state = 'ready'
  RETURNING id AS order_id \gset
UPDATE mix.stock s SET reserved = s.reserved - c.quantity, handed_over = s.handed_over + c.quantity
  FROM (SELECT c.product_id, c.quantity FROM mix.claims c JOIN mix.stock t USING (product_id) WHERE c.order_id = :order_id
        AND c.state = 'allocated' ORDER BY c.product_id FOR UPDATE OF t) c WHERE s.product_id = c.product_id;
UPDATE mix.claims SET state = 'handed_over' WHERE order_id = :order_id AND state = 'allocated';
UPDATE mix.parcels SET state = 'collected', slot = NULL, changed_at = now() WHERE order_id = :order_id;
INSERT INTO mix.history (order_id, what, who) VALUES (:order_id, 'collected', 7);
INSERT INTO mix.scans (scan_id, device, order_id, outcome, details, scanned_at) VALUES ('S' || :n, 7, :order_id, 'collected',
  '{"boarding_pass": {"flight": "CA932", "seat": "12A"}, "age": true, "sealed_bag": "STEB123456", "identity": "seen"}', now());
INSERT INTO mix.announcements (name, facts) VALUES ('orders.collected', '{"order": 1}');
COMMIT;
