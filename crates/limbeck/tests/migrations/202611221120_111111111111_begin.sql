-- limbeck revision 111111111111
-- parents: base
-- message: begin
-- created: 2026-11-22T11:20:00Z

-- limbeck:upgrade
CREATE SCHEMA shop;
CREATE TABLE shop.orders (id integer NOT NULL, note text);

-- limbeck:downgrade
-- loses: every row of shop.orders
DROP TABLE shop.orders;
DROP SCHEMA shop;
