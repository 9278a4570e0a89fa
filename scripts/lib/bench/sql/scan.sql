-- A hand-over: the code is the prize, the history is written. 5 round trips.
SELECT nextval('mix.next_parcel') AS n \gset
BEGIN;
UPDATE mix.orders SET state = 'collected', collected_at = now(), collected_by = 7 WHERE code = 'R' || :n AND state = 'ready'
  RETURNING id AS order_id \gset
INSERT INTO mix.history (order_id, what, who) VALUES (:order_id, 'collected', 7);
COMMIT;
