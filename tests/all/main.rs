//! One test binary, a module a theme.

mod agreements;
mod databases;
mod declared;
mod generated;
mod locks;
mod mindmirror;
mod names;
mod online;
mod owners;
mod pages;
mod pairs;
mod support;
mod tidy;
