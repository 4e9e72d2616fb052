//! One test binary, a module a theme.

mod declared;
mod mindmirror;
mod pages;
mod pairs;
mod support;
mod tidy;
