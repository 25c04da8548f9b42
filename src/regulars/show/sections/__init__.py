"""The parts of the report, one file each: tables and facts in, a section of blocks out."""
