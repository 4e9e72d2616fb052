-- limbeck revision 222222222222
-- parents: 111111111111
-- message: states
-- created: 2026-11-22T11:21:00Z

-- limbeck:upgrade
ALTER TABLE shop.orders
    ADD COLUMN state text NOT NULL DEFAULT 'open',
    ADD COLUMN token uuid DEFAULT gen_random_uuid();
CREATE INDEX orders_state ON shop.orders (state);

-- limbeck:allow data-loss: nothing uses it
-- loses: every value of shop.orders.code
ALTER TABLE shop.orders DROP COLUMN code;

-- limbeck:downgrade
ALTER TABLE IF EXISTS shop.orders ADD COLUMN code text;
-- limbeck:allow blocking: nobody is there
DROP INDEX shop.orders_state;
ALTER TABLE shop.orders DROP COLUMN token;
