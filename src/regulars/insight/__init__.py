"""Events become small answer tables for people."""
