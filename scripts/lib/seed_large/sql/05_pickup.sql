INSERT INTO pickups (id, order_id, code, issued_at, revoked_at, collected_at, collected_by, scan_id)
SELECT l.id, l.id, pg_temp.spelled(l.id) || 'X', l.paid_at, CASE WHEN l.state IN ('cancelled', 'no_show') THEN l.paid_at + interval '1 hour' END,
  CASE WHEN l.state IN ('collected', 'partly_collected') THEN l.collected_at END,
  CASE WHEN l.state IN ('collected', 'partly_collected') THEN c.id END,
  CASE WHEN l.state IN ('collected', 'partly_collected') THEN 'large-' || l.id END
FROM lives l JOIN counters c ON c.point = l.point AND c.place = floor(2 * pg_temp.u(l.id, 60)) WHERE l.paid ORDER BY l.id;

INSERT INTO scans (scan_id, device_id, staff, order_id, outcome, details, scanned_at, received_at)
SELECT scan_id, device, staff, order_id, outcome, details, at, at FROM (
  SELECT 'large-' || l.id AS scan_id, p.collected_by AS device,
    (ARRAY['Anna K.', 'Ben S.', 'Chen L.', 'Dana W.', 'Emre A.', 'Fang Y.', 'Greta M.', 'Hui Z.', 'Ines P.', 'Jonas B.'])[1 + floor(10 * pg_temp.u(l.id, 61))] AS staff,
    l.id AS order_id, 'collected' AS outcome,
    json_build_object('looked_at', to_char((l.collected_at - interval '1 second' * (8 + floor(60 * pg_temp.u(l.id, 62) ^ 3))) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"'),
      'checks', json_build_object('age', 'of_age', 'boarding_pass', json_build_object('flight', l.flight, 'date', l.day, 'destination', l.destination))) AS details,
    l.collected_at AS at
  FROM lives l JOIN pickups p ON p.id = l.id WHERE l.state IN ('collected', 'partly_collected')
  UNION ALL
  SELECT 'again-' || l.id, p.collected_by, 'Anna K.', l.id, 'already_collected', NULL, l.collected_at + interval '1 minute'
  FROM lives l JOIN pickups p ON p.id = l.id WHERE l.state = 'collected' AND l.odd < 0.03
  UNION ALL
  SELECT 'early-' || l.id, c.id, 'Ben S.', l.id, 'not_ready', NULL, l.departs_at - interval '5 hours'
  FROM lives l JOIN counters c ON c.point = l.point AND c.place = 0
  WHERE l.paid AND l.odd BETWEEN 0.03 AND 0.05 AND l.departs_at < l.until AND l.paid_at < l.departs_at - interval '5 hours'
) told ORDER BY at, order_id, outcome;

INSERT INTO parcels (order_id, state, slot_id, recent_scans, opened_at, changed_at, packed_at, packed_by)
SELECT l.id, CASE l.state WHEN 'partly_collected' THEN 'collected' WHEN 'no_show' THEN 'back_to_stock' ELSE l.state END,
  CASE WHEN l.state = 'ready' THEN (SELECT min(id) FROM shelf_slots WHERE pickup_point_id = l.point) END, '[]',
  greatest(l.paid_at, l.departs_at - interval '20 hours'), greatest(l.paid_at, l.departs_at - interval '18 hours'),
  CASE WHEN l.state <> 'packing' THEN greatest(l.paid_at, l.departs_at - interval '18 hours') + interval '1 minute' * floor(90 * pg_temp.u(l.id, 63)) END,
  CASE WHEN l.state <> 'packing' THEN 'device:1' END
FROM lives l WHERE l.state IN ('packing', 'ready', 'collected', 'partly_collected', 'no_show') ORDER BY l.id;

INSERT INTO parcel_lines (order_id, position, packed)
SELECT w.order_id, w.position, CASE WHEN w.goes_back AND l.state <> 'no_show' OR l.state = 'packing' THEN 0 ELSE w.quantity END
FROM wanted w JOIN lives l ON l.id = w.order_id WHERE l.state IN ('packing', 'ready', 'collected', 'partly_collected', 'no_show')
ORDER BY w.order_id, w.position;

-- Stock: what open orders claim stands on the shelf beside what is free, and what was collected is gone.
INSERT INTO stock_holds (reference, product_id, quantity, state, changed_at)
SELECT w.order_id, w.product_id, sum(w.quantity), CASE WHEN l.state = 'awaiting_payment' THEN 'held' ELSE 'allocated' END, l.placed_at
FROM wanted w JOIN lives l ON l.id = w.order_id
WHERE l.state IN ('awaiting_payment', 'paid', 'packing', 'ready') AND NOT w.goes_back GROUP BY w.order_id, w.product_id, l.state, l.placed_at
ORDER BY w.order_id, w.product_id;
UPDATE stock SET allocated = stock.allocated + claimed.allocated, held = stock.held + claimed.held,
  on_hand = stock.on_hand + claimed.allocated + claimed.held
FROM (SELECT product_id, coalesce(sum(quantity) FILTER (WHERE state = 'allocated'), 0) AS allocated,
        coalesce(sum(quantity) FILTER (WHERE state = 'held'), 0) AS held FROM stock_holds GROUP BY product_id) claimed
WHERE claimed.product_id = stock.product_id;
UPDATE stock SET handed_over = stock.handed_over + gone.quantity
FROM (SELECT w.product_id, sum(w.quantity) AS quantity FROM wanted w JOIN lives l ON l.id = w.order_id
      WHERE l.state IN ('collected', 'partly_collected') AND NOT w.goes_back GROUP BY w.product_id) gone
WHERE gone.product_id = stock.product_id;
