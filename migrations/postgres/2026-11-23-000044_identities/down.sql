DROP TABLE used_assertions;
DROP TABLE login_attempts;
DROP TABLE identity_providers;
DROP TABLE client_settings;
