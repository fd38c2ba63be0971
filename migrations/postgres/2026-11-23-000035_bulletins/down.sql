DROP INDEX supervisions_to;
DROP INDEX clocks_running;
DROP INDEX clocks_broken;
DROP INDEX clocks_of_departments;
DROP TABLE bulletins;
