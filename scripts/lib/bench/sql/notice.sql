-- A payment notice: heard once, the attempt and its order paid, history and announcement written. 8 round trips.
\set r random(1, 9000000000000000)
SELECT nextval('mix.next_notice') AS n \gset
BEGIN;
INSERT INTO mix.notices (notice_id, out_trade_no) VALUES ('N' || :r || '-' || :client_id, 'NT' || :n) ON CONFLICT DO NOTHING;
UPDATE mix.attempts SET state = 'paid', transaction_id = '42000' || :r, paid_at = now()
  WHERE out_trade_no = 'NT' || :n AND state = 'created' AND amount_minor = 30000 RETURNING order_id AS order_id \gset
UPDATE mix.orders SET state = 'paid' WHERE id = :order_id AND state = 'awaiting_payment';
INSERT INTO mix.history (order_id, what) VALUES (:order_id, 'paid');
INSERT INTO mix.announcements (name, facts) VALUES ('orders.paid', '{"order": 1}');
COMMIT;
