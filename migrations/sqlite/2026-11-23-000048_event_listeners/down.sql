DROP TABLE event_listeners;
