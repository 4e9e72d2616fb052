-- limbeck revision 333333333333
-- parents: 111111111111
-- message: add phone
-- created: 2026-11-22T11:23:00Z
-- labels: phones

-- limbeck:upgrade
SELECT 1;

-- limbeck:downgrade
SELECT 1;
