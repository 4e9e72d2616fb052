-- limbeck revision 2a3f4c9d1cde
-- parents: 189b1231afd4
-- message: bootstrap tables
-- created: 2026-11-22T11:22:00Z

-- limbeck:upgrade
SELECT 1;

-- limbeck:downgrade
SELECT 1;
