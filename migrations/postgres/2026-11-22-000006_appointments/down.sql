DROP TABLE appointments;
DROP TABLE window_places;
DROP TABLE windows;
