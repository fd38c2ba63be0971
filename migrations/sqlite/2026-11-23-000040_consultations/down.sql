DROP TABLE consultation_links;
DROP TABLE consultation_transfers;
DROP TABLE consultations;
