INSERT INTO orders (id, number, traveller_id, idempotency_key, request_hash, state, refund_state, total_minor, total_currency, placed_at,
  pay_before, hold_until, paid_at, collected_at, changed_at, language, flight_number, flight_date, departs_at, origin, destination,
  final_destination, terminal, pickup_point_id, collect_from, collect_until, traveller_name, residence, campaign)
SELECT l.id, 'D' || pg_temp.spelled(l.id), 1 + floor(pg_temp.u(l.id, 40) * (SELECT max(id) FROM travellers)), 'large-' || l.id,
  md5(l.id::text), l.state,
  CASE WHEN s.back = 0 THEN 'none' WHEN l.odd > 0.98 THEN 'requested' WHEN s.back = s.total THEN 'refunded' ELSE 'partly_refunded' END,
  s.total, 'EUR', l.placed_at, l.placed_at + interval '30 minutes', l.placed_at + interval '33 minutes',
  CASE WHEN l.paid THEN l.paid_at END,
  CASE WHEN l.state IN ('collected', 'partly_collected') THEN l.collected_at END,
  CASE WHEN l.state IN ('collected', 'partly_collected') THEN l.collected_at WHEN l.paid THEN l.paid_at ELSE l.placed_at END,
  CASE WHEN pg_temp.u(l.id, 41) < 0.92 THEN 'zh' ELSE 'en' END, l.flight, l.day, l.departs_at, 'FRA', l.destination, l.destination,
  l.terminal, l.point, l.departs_at - interval '1 minute' * l.opens_before_minutes, l.departs_at,
  (ARRAY['WANG XIAOMING', 'LI NA', 'ZHANG WEI', 'LIU YANG', 'CHEN JING', 'YANG FAN', 'ZHAO LEI', 'HUANG MIN'])[1 + floor(8 * pg_temp.u(l.id, 42))],
  CASE WHEN pg_temp.u(l.id, 43) < 0.96 THEN 'CN' ELSE 'HK' END,
  CASE WHEN pg_temp.u(l.id, 44) < 0.25
    THEN (ARRAY['golden-week', 'spring-festival', 'wine-trip', 'new-arrivals', 'qr-gate-b', 'sweet-winter'])[1 + floor(6 * pg_temp.u(l.id, 45) ^ 2)] END
FROM lives l JOIN sums s ON s.order_id = l.id ORDER BY l.id;

INSERT INTO order_lines (order_id, position, product_id, sku, name_zh, name_en, name_de, picture, quantity, unit_price_minor, refunded)
SELECT order_id, position, product_id, sku, name_zh, name_en, name_de, picture, quantity, price_minor,
  CASE WHEN goes_back THEN quantity ELSE 0 END
FROM wanted ORDER BY order_id, position;

INSERT INTO order_history (order_id, old_state, new_state, at, who, why)
SELECT id, old_state, new_state, at, who, why FROM (
  SELECT id, NULL AS old_state, 'awaiting_payment' AS new_state, placed_at AS at, 'traveller' AS who, 'ordered' AS why FROM lives
  UNION ALL SELECT id, 'awaiting_payment', 'paid', paid_at, 'wechat', 'paid' FROM lives WHERE paid
  UNION ALL SELECT id, 'awaiting_payment', 'expired', placed_at + interval '33 minutes', 'system', 'not paid' FROM lives WHERE state = 'expired'
  UNION ALL SELECT id, CASE WHEN paid THEN 'paid' ELSE 'awaiting_payment' END, 'cancelled', paid_at + interval '1 hour', 'traveller', 'cancelled'
    FROM lives WHERE state = 'cancelled'
  UNION ALL SELECT id, 'paid', 'packing', departs_at - interval '20 hours', 'device:1', 'packing' FROM lives WHERE state = 'packing'
  UNION ALL SELECT id, 'paid', 'ready', greatest(paid_at, departs_at - interval '18 hours'), 'device:1', 'packed'
    FROM lives WHERE state IN ('ready', 'collected', 'partly_collected', 'no_show')
  UNION ALL SELECT id, 'ready', state, collected_at, 'device:1', 'handed over' FROM lives WHERE state IN ('collected', 'partly_collected')
  UNION ALL SELECT id, 'ready', 'no_show', departs_at + interval '4 hours', 'system', 'not collected' FROM lives WHERE state = 'no_show'
) told ORDER BY at, id;
