-- Messages of which a list must warn: few, so that asking for each row of a list costs next to nothing.
CREATE INDEX message_warning ON message (thread, bits, faults) WHERE bits & 64 <> 0 OR faults <> '';
