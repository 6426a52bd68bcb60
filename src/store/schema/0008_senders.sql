-- Every sender once, whatever they wrote: when the office comes to know somebody, those who bear the name or a similar
-- address are found without reading all mail.
CREATE INDEX message_by_sender ON message (from_name, from_key) WHERE direction = 0;
