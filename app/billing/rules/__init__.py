"""Pure decisions about money: no database, no clock, no request. Times are integer microseconds since 1970 (UTC)."""
