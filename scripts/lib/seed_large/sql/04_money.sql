INSERT INTO attempts (id, order_id, out_trade_no, amount_minor, amount_currency, request, time_expire, created_at, state, prepay_id,
  prepay_at, transaction_id, paid_at, payer_minor, payer_currency, exchange_rate, checks)
SELECT l.id, l.id, 'T' || pg_temp.spelled(l.id) || upper(substr(md5(l.id::text), 1, 14)), s.total, 'EUR', '{}',
  l.placed_at + interval '30 minutes', l.placed_at + interval '10 seconds', CASE WHEN l.paid THEN 'paid' ELSE 'closed' END,
  'wx' || md5(l.id::text), l.placed_at + interval '10 seconds',
  CASE WHEN l.paid THEN '4200' || lpad(l.id::text, 10, '0') || lpad(floor(pg_temp.u(l.id, 50) * 1e13)::bigint::text, 14, '0') END,
  CASE WHEN l.paid THEN l.paid_at END, CASE WHEN l.paid THEN round(s.total * rate.rate / 1e8)::bigint END,
  CASE WHEN l.paid THEN 'CNY' END, CASE WHEN l.paid THEN rate.rate END, 0
FROM lives l JOIN sums s ON s.order_id = l.id,
  LATERAL (SELECT 780000000 + floor(20000000 * sin(extract(doy FROM l.placed_at) / 60))::bigint AS rate) rate ORDER BY l.id;

INSERT INTO payment_notices (notice_id, event_type, received_at, out_trade_no, transaction_id, amount_minor, amount_currency, success_at,
  merchant, verdict, attempt_id, order_id)
SELECT md5('n' || id), 'TRANSACTION.SUCCESS', paid_at + interval '1 second', out_trade_no, transaction_id, amount_minor, 'EUR', paid_at,
  '1900000109', 'settles', id, order_id FROM attempts WHERE state = 'paid' ORDER BY id;

INSERT INTO payments (id, transaction_id, out_trade_no, attempt_id, order_id, amount_minor, amount_currency, paid_at, heard_at, verdict,
  payer_minor, payer_currency, exchange_rate, refunded_minor)
SELECT a.id, a.transaction_id, a.out_trade_no, a.id, a.order_id, a.amount_minor, 'EUR', a.paid_at, a.paid_at + interval '1 second', 'settles',
  a.payer_minor, 'CNY', a.exchange_rate, s.back
FROM attempts a JOIN sums s ON s.order_id = a.order_id WHERE a.state = 'paid' ORDER BY a.id;

INSERT INTO refunds (id, payment_id, order_id, out_refund_no, amount_minor, amount_currency, cause, asked_by, state, request, requested_at,
  sent_at, tries, refund_id, done_at, payer_minor, payer_currency)
SELECT l.id, l.id, l.id, 'R' || pg_temp.spelled(l.id) || upper(substr(md5('r' || l.id), 1, 14)), s.back, 'EUR',
  CASE l.state WHEN 'cancelled' THEN 'cancelled' WHEN 'no_show' THEN 'no_show' WHEN 'partly_collected' THEN 'counter' ELSE 'shortage' END,
  CASE l.state WHEN 'cancelled' THEN 'traveller' WHEN 'no_show' THEN 'system' ELSE 'device:1' END,
  CASE WHEN l.odd > 0.98 THEN 'processing' ELSE 'success' END, '{}', asked.at, asked.at + interval '2 seconds', 1,
  '5030' || lpad(l.id::text, 24, '0'), CASE WHEN l.odd > 0.98 THEN NULL ELSE asked.at + interval '3 minutes' END,
  round(s.back * p.exchange_rate / 1e8)::bigint, 'CNY'
FROM lives l JOIN sums s ON s.order_id = l.id JOIN payments p ON p.id = l.id,
  LATERAL (SELECT CASE l.state WHEN 'cancelled' THEN l.paid_at + interval '1 hour' WHEN 'no_show' THEN l.departs_at + interval '4 hours'
    WHEN 'partly_collected' THEN l.collected_at ELSE least(l.until, greatest(l.paid_at, l.departs_at - interval '20 hours')) END AS at) asked
WHERE s.back > 0 ORDER BY l.id;

INSERT INTO refund_lines (refund_id, position, quantity)
SELECT order_id, position, quantity FROM wanted WHERE goes_back ORDER BY order_id, position;

-- One bill of each day in Beijing that is over, and some lines that did not agree.
INSERT INTO bills (day, kind, state, currency, paid_sum_minor, refund_sum_minor, fee_sum_minor, fetched_at, matched_at, lines)
SELECT (paid_at AT TIME ZONE 'Asia/Shanghai')::date AS day, 'trades', 'fetched', 'EUR', sum(amount_minor), sum(refunded_minor),
  round(sum(amount_minor) * 0.006)::bigint, max(paid_at) + interval '12 hours', max(paid_at) + interval '12 hours', count(*)
FROM payments WHERE paid_at < current_setting('seed.until')::timestamptz - interval '1 day' GROUP BY 1 ORDER BY 1;

INSERT INTO open_items (kind, key, day, action, order_id, payment_id, transaction_id, out_trade_no, ours_minor, ours_currency, first_seen_day,
  last_seen_day, state, settled_at, settled_by, settled_how)
SELECT 'missing_there', transaction_id, day, 'wait_a_day', order_id, id, transaction_id, out_trade_no, amount_minor, 'EUR', day, day + 1,
  CASE WHEN day < current_setting('seed.until')::date - 3 THEN 'settled' ELSE 'open' END,
  CASE WHEN day < current_setting('seed.until')::date - 3 THEN paid_at + interval '36 hours' END,
  CASE WHEN day < current_setting('seed.until')::date - 3 THEN 'system' END,
  CASE WHEN day < current_setting('seed.until')::date - 3 THEN 'a bill has the payment by now' END
FROM payments, LATERAL (SELECT (paid_at AT TIME ZONE 'Asia/Shanghai')::date AS day) d WHERE pg_temp.u(id, 55) < 0.0005 ORDER BY id;
