//! One test binary, a module a theme.

mod mindmirror;
mod support;
mod tidy;
