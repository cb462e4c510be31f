-- slipway: backward-compatible
CREATE TABLE half (id int);
ALTER TABLE nowhere ADD x int;
