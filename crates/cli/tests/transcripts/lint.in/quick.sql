-- no-transaction
CREATE INDEX CONCURRENTLY a ON orders (a);
CREATE INDEX CONCURRENTLY b ON shop.orders (b);
