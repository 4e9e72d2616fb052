-- limbeck revision 3b7a1d2e4f56
-- parents: 2a3f4c9d1cde
-- message: soft delete program templates
-- created: 2026-11-22T11:23:00Z

-- limbeck:upgrade
SELECT 1;

-- limbeck:downgrade
SELECT 1;
