-- A payment notice, statement by statement: 13 round trips. It is not known yet, attempt and order are locked and looked at; notice,
-- payment, attempt and order are written, a pickup code given, the three pieces become the order's, history and announcement follow.
\set r random(1, 9000000000000000)
SELECT nextval('mix.next_notice') AS n \gset
SELECT verdict FROM mix.notices WHERE notice_id = 'N' || :r || '-' || :client_id;
BEGIN;
SELECT a.id AS attempt_id, a.order_id AS order_id, a.state, a.amount_minor, o.state AS order_state,
    EXISTS (SELECT FROM mix.taken t WHERE t.transaction_id = '42000' || :r) AS heard
  FROM mix.attempts a JOIN mix.orders o ON o.id = a.order_id WHERE a.out_trade_no = 'NT' || :n FOR UPDATE OF a, o \gset
INSERT INTO mix.notices (notice_id, out_trade_no, transaction_id, amount_minor, verdict, attempt_id, order_id)
  VALUES ('N' || :r || '-' || :client_id, 'NT' || :n, '42000' || :r, 30000, 'settles', :attempt_id, :order_id);
INSERT INTO mix.taken (transaction_id, out_trade_no, attempt_id, order_id, amount_minor, paid_at)
  VALUES ('42000' || :r, 'NT' || :n, :attempt_id, :order_id, 30000, now());
UPDATE mix.attempts SET state = 'paid', transaction_id = '42000' || :r, paid_at = now() WHERE id = :attempt_id AND state <> 'paid';
UPDATE mix.orders SET state = 'paid' WHERE id = :order_id AND state = 'awaiting_payment';
INSERT INTO mix.pickups (order_id, code) VALUES (:order_id, 'P' || :r || '-' || :client_id);
UPDATE mix.stock s SET reserved = s.reserved - c.quantity, allocated = s.allocated + c.quantity
  FROM (SELECT c.product_id, c.quantity FROM mix.claims c JOIN mix.stock t USING (product_id) WHERE c.order_id = :order_id
        AND c.state = 'held' ORDER BY c.product_id FOR UPDATE OF t) c WHERE s.product_id = c.product_id;
UPDATE mix.claims SET state = 'allocated' WHERE order_id = :order_id AND state = 'held';
INSERT INTO mix.history (order_id, what) VALUES (:order_id, 'paid');
INSERT INTO mix.announcements (name, facts) VALUES ('orders.paid', '{"order": 1}');
COMMIT;
