//! jieli (接力): the open backend for assisted government service in Chinese cities.
//!
//! `docs/architecture.md` shows the house; every folder here is a room of it.

pub mod auth;
pub mod config;
pub mod db;
pub mod http;
pub mod kernel;
