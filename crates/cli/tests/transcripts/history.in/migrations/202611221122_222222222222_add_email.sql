-- limbeck revision 222222222222
-- parents: 111111111111
-- message: add email
-- created: 2026-11-22T11:22:00Z

-- limbeck:upgrade
SELECT 1;

-- limbeck:downgrade
SELECT 1;
