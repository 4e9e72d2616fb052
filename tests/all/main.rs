//! One test binary, a module a theme.

mod tidy;
