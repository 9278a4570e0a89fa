-- The tables of the plain SQL transactions: the fewest columns and indexes with which the same business can be done.
DROP SCHEMA IF EXISTS mix CASCADE;
CREATE SCHEMA mix;
CREATE TABLE mix.stock (
  product_id int PRIMARY KEY, available int NOT NULL CHECK (available >= 0), reserved int NOT NULL DEFAULT 0,
  allocated int NOT NULL DEFAULT 0, handed_over int NOT NULL DEFAULT 0
) WITH (fillfactor = 50);
CREATE TABLE mix.categories (id int PRIMARY KEY, code text NOT NULL UNIQUE, hidden bool NOT NULL DEFAULT false);
CREATE TABLE mix.products (
  id int PRIMARY KEY, sku text NOT NULL UNIQUE, category_id int NOT NULL REFERENCES mix.categories, brand text NOT NULL,
  name_zh text NOT NULL, name_en text NOT NULL, name_de text NOT NULL, price_minor int NOT NULL, volume_ml int, alcohol_permille int,
  picture text, active bool NOT NULL DEFAULT true
);
CREATE TABLE mix.travellers (id bigint PRIMARY KEY, openid text NOT NULL UNIQUE);
CREATE TABLE mix.orders (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, number text NOT NULL UNIQUE,
  traveller_id bigint NOT NULL REFERENCES mix.travellers, state text NOT NULL, total_minor int NOT NULL,
  point int NOT NULL, flight text NOT NULL, departs_at timestamptz NOT NULL, code text UNIQUE,
  placed_at timestamptz NOT NULL DEFAULT now(), collected_at timestamptz, collected_by int,
  idempotency_key text, wish text, hold_until timestamptz, final_destination text, collect_from timestamptz, collect_until timestamptz,
  name text, residence text, UNIQUE (traveller_id, idempotency_key)
) WITH (fillfactor = 80);
CREATE INDEX ON mix.orders (traveller_id, placed_at DESC);
CREATE INDEX ON mix.orders (placed_at);
CREATE TABLE mix.order_lines (
  order_id bigint NOT NULL REFERENCES mix.orders, position int NOT NULL, product_id int NOT NULL, quantity int NOT NULL,
  price_minor int NOT NULL, sku text, name_zh text, name_en text, name_de text, picture text, PRIMARY KEY (order_id, position)
);
CREATE TABLE mix.attempts (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, order_id bigint NOT NULL UNIQUE REFERENCES mix.orders,
  channel text NOT NULL, out_trade_no text NOT NULL UNIQUE, transaction_id text, amount_minor int NOT NULL,
  state text NOT NULL, created_at timestamptz NOT NULL DEFAULT now(), paid_at timestamptz
) WITH (fillfactor = 80);
CREATE TABLE mix.announcements (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, facts jsonb NOT NULL,
  at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE mix.history (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, order_id bigint NOT NULL REFERENCES mix.orders, what text NOT NULL,
  who int, at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE mix.rules (point int PRIMARY KEY, asks_boarding_pass bool, asks_age bool, asks_sealed_bag bool, asks_identity bool);
CREATE TABLE mix.claims (
  order_id bigint NOT NULL REFERENCES mix.orders, product_id int NOT NULL, quantity int NOT NULL, state text NOT NULL,
  PRIMARY KEY (order_id, product_id)
) WITH (fillfactor = 80);
CREATE TABLE mix.parcels (
  order_id bigint PRIMARY KEY REFERENCES mix.orders, state text NOT NULL, slot int, changed_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 80);
CREATE TABLE mix.scans (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, scan_id text NOT NULL UNIQUE, device int NOT NULL, order_id bigint NOT NULL,
  outcome text NOT NULL, details jsonb, scanned_at timestamptz NOT NULL, received_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON mix.scans (order_id);
CREATE INDEX ON mix.scans (received_at);
CREATE TABLE mix.notices (
  notice_id text PRIMARY KEY, out_trade_no text NOT NULL, transaction_id text, amount_minor int, verdict text NOT NULL, attempt_id bigint,
  order_id bigint, at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE mix.taken (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, transaction_id text NOT NULL UNIQUE, out_trade_no text NOT NULL, attempt_id bigint,
  order_id bigint, amount_minor int NOT NULL, paid_at timestamptz NOT NULL
);
CREATE INDEX ON mix.taken (order_id);
CREATE TABLE mix.pickups (
  order_id bigint PRIMARY KEY REFERENCES mix.orders, code text NOT NULL UNIQUE, issued_at timestamptz NOT NULL DEFAULT now()
);
CREATE SEQUENCE mix.next_notice;
CREATE SEQUENCE mix.next_parcel;
INSERT INTO mix.rules VALUES (1, true, true, true, true);
INSERT INTO mix.categories SELECT n, 'c' || n FROM generate_series(0, 19) n;
INSERT INTO mix.products SELECT n, 'SKU-' || n, n % 20, 'Brand ' || n % 80, '免税商品 ' || n || ' 经典礼盒装', 'Duty free ' || n, 'Zollfrei ' || n, 10000,
  100 + n % 900, 400, 'picture-' || n FROM generate_series(1, 1000) n;
INSERT INTO mix.stock SELECT n, 100000000, 100000000 FROM generate_series(1, 1000) n;
INSERT INTO mix.travellers SELECT n, 'o' || md5(n::text) FROM generate_series(1, 100000) n;
ANALYZE mix.products;
ANALYZE mix.stock;
ANALYZE mix.travellers;
