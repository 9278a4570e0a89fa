-- The tables of the plain SQL transactions: the fewest columns and indexes with which the same business can be done.
DROP SCHEMA IF EXISTS mix CASCADE;
CREATE SCHEMA mix;
CREATE TABLE mix.stock (
  product_id int PRIMARY KEY, available int NOT NULL CHECK (available >= 0), reserved int NOT NULL DEFAULT 0
) WITH (fillfactor = 50);
CREATE TABLE mix.travellers (id bigint PRIMARY KEY, openid text NOT NULL UNIQUE);
CREATE TABLE mix.orders (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, number text NOT NULL UNIQUE,
  traveller_id bigint NOT NULL REFERENCES mix.travellers, state text NOT NULL, total_minor int NOT NULL,
  point int NOT NULL, flight text NOT NULL, departs_at timestamptz NOT NULL, code text UNIQUE,
  placed_at timestamptz NOT NULL DEFAULT now(), collected_at timestamptz, collected_by int
) WITH (fillfactor = 80);
CREATE INDEX ON mix.orders (traveller_id, placed_at DESC);
CREATE INDEX ON mix.orders (placed_at);
CREATE TABLE mix.order_lines (
  order_id bigint NOT NULL REFERENCES mix.orders, position int NOT NULL, product_id int NOT NULL, quantity int NOT NULL,
  price_minor int NOT NULL, PRIMARY KEY (order_id, position)
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
CREATE TABLE mix.notices (notice_id text PRIMARY KEY, out_trade_no text NOT NULL, at timestamptz NOT NULL DEFAULT now());
CREATE SEQUENCE mix.next_notice;
CREATE SEQUENCE mix.next_parcel;
INSERT INTO mix.stock SELECT n, 100000000, 0 FROM generate_series(1, 1000) n;
INSERT INTO mix.travellers SELECT n, 'o' || md5(n::text) FROM generate_series(1, 100000) n;
ANALYZE mix.stock;
ANALYZE mix.travellers;
