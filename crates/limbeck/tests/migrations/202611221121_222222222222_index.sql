-- limbeck revision 222222222222
-- parents: 111111111111
-- message: index
-- created: 2026-11-22T11:21:00Z

-- limbeck:upgrade
-- limbeck:no-transaction
CREATE INDEX CONCURRENTLY orders_id ON shop.orders (id);

-- limbeck:downgrade
-- limbeck:no-transaction
DROP INDEX CONCURRENTLY shop.orders_id;
