//! One test binary, a module a theme.

mod mindmirror;
mod pages;
mod support;
mod tidy;
