//! One binary of integration tests: the real application, in process, on real databases of both engines.

mod support;
mod tables;
mod team;
mod torture;
mod visits;

mod access_lists;
mod appointments;
mod arrows;
mod attachments;
mod auth;
mod authz_matrix;
mod bulk;
mod catalogue;
mod clocks;
mod db_parity;
mod desk;
mod eligibility;
mod entrustments;
mod forms;
mod marking;
mod meetings;
mod openapi;
mod platform;
mod projects;
mod races;
mod ready_made;
mod registry;
mod relay;
mod relay_properties;
mod reminders;
mod routing_rules;
mod shown;
mod story_cities;
mod story_desk;
mod story_nantong;
