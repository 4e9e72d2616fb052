-- limbeck revision 111111111111
-- parents: base
-- message: begin
-- created: 2026-11-22T11:21:00Z

-- limbeck:upgrade
CREATE TABLE t (id integer);

-- limbeck:downgrade
DROP TABLE t;
