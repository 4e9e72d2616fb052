-- limbeck revision 111111111111
-- parents: base
-- message: orders
-- created: 2026-11-22T11:20:00Z

-- limbeck:upgrade
CREATE TABLE shop.orders (id uuid PRIMARY KEY, code text NOT NULL);
CREATE INDEX orders_code ON shop.orders (code);

-- limbeck:downgrade
-- loses: every row of shop.orders
DROP TABLE shop.orders;
