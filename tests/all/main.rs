//! One test binary, a module a theme.

mod mindmirror;
mod pages;
mod pairs;
mod support;
mod tidy;
