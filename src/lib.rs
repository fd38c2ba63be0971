//! jieli (接力): the open backend for assisted government service in Chinese cities.
//!
//! `docs/architecture.md` shows the house; every folder here is a room of it.

pub mod access;
pub mod app;
pub mod applicants;
pub mod appointments;
pub mod assessments;
pub mod attachments;
pub mod auth;
pub mod batches;
pub mod blobs;
pub mod catalogue;
pub mod charts;
pub mod cli;
pub mod clocks;
pub mod config;
pub mod db;
pub mod duty;
pub mod entrustments;
pub mod evaluations;
pub mod events;
pub mod follow_ups;
pub mod forms;
pub mod http;
pub mod indicators;
pub mod kernel;
pub mod ledgers;
pub mod meetings;
pub mod organization;
pub mod precedents;
pub mod projects;
pub mod registry;
pub mod reminders;
pub mod reports;
pub mod return_visits;
pub mod routing;
pub mod settings;
pub mod sheets;
pub mod statistics;
pub mod supervision;
pub mod tickets;
pub mod visits;
pub mod worker;
pub mod worklist;
