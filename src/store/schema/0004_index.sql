-- A transaction of the first sync holds some hundred messages. With the usual 1 MiB for words that are not written yet
-- it would leave several segments of the index; with this it leaves one.
INSERT INTO search (search, rank) VALUES ('hashsize', 16777216);
